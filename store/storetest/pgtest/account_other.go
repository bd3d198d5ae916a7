//go:build !unix

package pgtest

import (
	"errors"
	"os"
	"os/exec"
)

// immediateShutdown makes a server end without a checkpoint.
var immediateShutdown = os.Kill

// account is the user a server runs as; this system has no such choice.
type account struct{}

func unprivileged() (*account, error) {
	return nil, errors.New("local servers need a Unix system")
}

func (*account) own(string) error { return nil }

func detach(*exec.Cmd, *account) {}
