// Package servetest attacks an application as it is served, over sockets: a server in a
// process of its own, with the defaults of production. Clients that send or read next to
// nothing hold connections, and clients ask for more than the server can do. What is
// asked of it then is in docs/reliability.md and in row A-42 of docs/security-cases.md.
package servetest
