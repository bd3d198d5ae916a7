package threads

import (
	"runtime"
	"syscall"
)

// Yield lets what else is ready to run have the processor first. The kernel would else
// leave it to this thread for some milliseconds at a time, which is what requests then
// wait for that a server could answer at once.
func Yield() { _, _, _ = syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }

// nice is how far work stands back that gives way, behind the other threads of its process:
// it has a third of what one of them gets that could use the whole processor as well.
const nice = 5

// GiveWay makes the rest of the calling goroutine work that others do not wait for: its
// thread has less of a processor than another one that wants it, all of it if none does,
// and is the goroutine's own until that ends, with which it ends too.
func GiveWay() {
	// Never unlocked, since a thread cannot become more important again.
	runtime.LockOSThread()
	thread := syscall.Gettid()
	const least = 20 // the kernel tells a nice value as 20 less it
	if now, err := syscall.Getpriority(syscall.PRIO_PROCESS, thread); err == nil {
		_ = syscall.Setpriority(syscall.PRIO_PROCESS, thread, least-now+nice) // where it may not be set, it is as before
	}
}
