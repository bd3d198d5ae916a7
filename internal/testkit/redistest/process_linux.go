package redistest

import "syscall"

const (
	stop    = syscall.SIGSTOP
	proceed = syscall.SIGCONT
)

// attributes lets a server end with the test process, however that ends.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
