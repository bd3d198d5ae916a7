// Package server accepts connections, serves requests and drains. It holds the listeners,
// TLS and ACME, deadlines, limits of connections, long-lived requests, the probes, and the
// work that runs beside the server.
package server
