//go:build unix

package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// immediateShutdown makes a server end without a checkpoint.
const immediateShutdown = syscall.SIGQUIT

// account is the user a server runs as.
type account struct{ uid, gid uint32 }

// unprivileged returns the account for servers. It is nil, the account of this process,
// unless that is root, because PostgreSQL does not run as root.
func unprivileged() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	found, err := user.Lookup("postgres")
	if err != nil {
		found, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
	}
	uid, uidErr := strconv.ParseUint(found.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(found.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return nil, fmt.Errorf("user %s: %w", found.Username, err)
	}
	return &account{uid: uint32(uid), gid: uint32(gid)}, nil
}

// own gives a file to the account.
func (a *account) own(path string) error {
	if a == nil {
		return nil
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

// detach makes a command run in a new process group and under the account.
func detach(cmd *exec.Cmd, a *account) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if a != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
}
