package argon2id

import "syscall"

// yield lets what else is ready to run have the processor first. The kernel would else
// leave it to this thread for some milliseconds at a time, which is what requests then
// wait for that a server could answer at once.
func yield() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
