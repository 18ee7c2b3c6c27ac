"""Parts of the product joined over lines of this machine: pseudo-terminals and loopback sockets."""
