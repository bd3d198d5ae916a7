package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// programs are what a folder must hold to be one of server binaries.
var programs = []string{"initdb", "postgres", "pg_ctl"}

// openLocal starts a server from this machine's binaries that ends with the process.
func openLocal(ctx context.Context) (*cluster, error) {
	bin, err := findPrograms(machine())
	if err != nil {
		return nil, err
	}
	s, err := newInstance(ctx, bin, settingsOf(false))
	if err != nil {
		return nil, err
	}
	c, err := newCluster(ctx, s.admin())
	if err != nil {
		return nil, errors.Join(err, s.remove())
	}
	c.holds = s
	return c, nil
}

// lookup is what findPrograms asks a machine.
type lookup struct {
	path   func(program string) (string, error) // as exec.LookPath
	glob   func(pattern string) ([]string, error)
	bindir func() (string, error) // what pg_config says
}

// machine is the lookup on this machine.
func machine() lookup {
	return lookup{
		path: exec.LookPath,
		glob: filepath.Glob,
		bindir: func() (string, error) {
			out, err := exec.Command("pg_config", "--bindir").Output()
			return strings.TrimSpace(string(out)), err
		},
	}
}

// findPrograms returns the folder of a PostgreSQL server's binaries. Debian keeps them outside of PATH, one folder per release; the
// newest is taken.
func findPrograms(on lookup) (string, error) {
	if initdb, err := on.path("initdb"); err == nil {
		// PATH may hold links to a folder where the other programs are.
		if target, err := filepath.EvalSymlinks(initdb); err == nil {
			initdb = target
		}
		if complete(on, filepath.Dir(initdb)) {
			return filepath.Dir(initdb), nil
		}
	}
	newest, folder := 0, ""
	found, _ := on.glob("/usr/lib/postgresql/*/bin") // fails for a malformed pattern only
	for _, dir := range found {
		release, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		if err == nil && release > newest && complete(on, dir) {
			newest, folder = release, dir
		}
	}
	if folder != "" {
		return folder, nil
	}
	if dir, err := on.bindir(); err == nil && complete(on, dir) {
		return dir, nil
	}
	return "", fmt.Errorf("%s not found in PATH, /usr/lib/postgresql or by pg_config", strings.Join(programs, ", "))
}

func complete(on lookup, dir string) bool {
	for _, program := range programs {
		if _, err := on.path(filepath.Join(dir, program)); err != nil {
			return false
		}
	}
	return true
}
