// Package faulttest holds tests that let every statement of every write fail in
// turn: refused, its connection cut before it runs, its answer lost after it
// ran. Whatever fails, a write has happened as a whole or not at all, the client
// is told by a status of 500 or more, and the next request is served.
package faulttest
