package threads

import "syscall"

// Yield lets what else is ready to run have the processor first. The kernel would else
// leave it to this thread for some milliseconds at a time, which is what requests then
// wait for that a server could answer at once.
func Yield() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
