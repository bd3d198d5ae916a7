//go:build !linux

package postgres

import "syscall"

// limitUnacknowledged does nothing: only Linux has the option everywhere. Probes
// find out as soon, but not while something is on its way.
func limitUnacknowledged(string, string, syscall.RawConn) error { return nil }
