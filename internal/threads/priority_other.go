//go:build !linux

package threads

// Yield does nothing: how long a thread keeps its processor is up to the system.
func Yield() {}

// GiveWay does nothing: who has a processor first is up to the system.
func GiveWay() {}
