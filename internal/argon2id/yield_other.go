//go:build !linux

package argon2id

// yield does nothing: how long a thread keeps its processor is up to the system.
func yield() {}
