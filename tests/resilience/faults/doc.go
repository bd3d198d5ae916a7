// Package faults holds tests in which every statement of every write fails in turn: it
// is rejected, its connection is cut before it runs, or its result is lost after it ran. In
// each case a write happens as a whole or not at all, the client gets a status of 500 or
// more, and the next request is served.
package faults
