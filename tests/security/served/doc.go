// Package served attacks a running application over sockets: a server in a process of
// its own, with the defaults of production. Slow clients hold connections, and others send
// more requests than the server can handle. docs/reliability.md and row A-42 of
// docs/security-cases.md state the requirements.
package served
