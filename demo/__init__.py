"""`make demo` starts these beside the portal: two services and a mailbox."""
