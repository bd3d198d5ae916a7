//go:build unix

package bench_test

import "syscall"

// cpuTime is the time this process has computed, in nanoseconds, in its own
// code and in the kernel's.
func cpuTime() (int64, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return u.Utime.Nano() + u.Stime.Nano(), nil
}
