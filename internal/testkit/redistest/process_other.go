//go:build !linux

package redistest

import (
	"os"
	"syscall"
)

// Servers are stopped and continued on Linux only.
var stop, proceed = os.Kill, os.Kill

func attributes() *syscall.SysProcAttr { return nil }
