"""Staff see and change what business units offer a customer."""
