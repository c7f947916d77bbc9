"""CPU, memory and latency of forwarding media, over real ICE, DTLS and SRTP: this server, and Janus as the yardstick.

The load comes from the Go program in this folder (pion), through WHIP and WHEP. `make bench-media` runs all of it.
"""
