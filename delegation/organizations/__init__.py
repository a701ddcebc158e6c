"""The supplier creates organizations with their sites, finds them and reads them in numbers."""
