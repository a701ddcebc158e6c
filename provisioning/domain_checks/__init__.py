"""The DNS records of customers' mail domains are looked up on demand, and again every day by a job."""
