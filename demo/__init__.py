"""What `make demo` starts beside the portal: two services, a mailbox."""
