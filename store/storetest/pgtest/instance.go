package pgtest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// keeper is a shell that ends a server and removes its folder once its standard input ends, which is when the process that holds
// the other end is gone, however it went. It tries again, because a server that was just starting may not have written its pid yet
// and may write files while they are removed.
const keeper = `cat >/dev/null
tries=0
while [ -e "$1" ] && [ "$tries" -lt 100 ]; do
	"$2/pg_ctl" stop -D "$1/data" -m immediate -s >/dev/null 2>&1
	rm -rf "$1" 2>/dev/null
	tries=$((tries + 1))
	[ ! -e "$1" ] || sleep 0.1
done`

// socketRoom is the longest folder name that leaves room for a socket's; systems allow 103 bytes and more.
const socketRoom = 80

// instance is a server run from local binaries, with its own folder. Its methods are
// for one goroutine at a time. It has to stay reachable while it is used: its keeper's
// pipe closes with it.
type instance struct {
	bin, dir string
	settings []string
	account  *account // nil for the user of this process
	port     string
	password string

	keeper *exec.Cmd
	leash  io.Closer // the keeper's standard input

	server *exec.Cmd
	gone   chan struct{} // closed when server has ended
}

// newInstance makes a folder and its keeper, initialises it and starts the server.
func newInstance(ctx context.Context, bin string, settings []string) (*instance, error) {
	return newInstanceFrom(ctx, bin, settings, rand.Text(), (*instance).init)
}

// newInstanceFrom is newInstance with the password of its administrator and with what makes
// the data folder.
func newInstanceFrom(ctx context.Context, bin string, settings []string, password string, makeData func(*instance, context.Context) error) (*instance, error) {
	account, err := unprivileged()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "plinth-pg-")
	if err != nil {
		return nil, err
	}
	s := &instance{bin: bin, dir: dir, settings: settings, account: account, password: password}
	if err := s.keep(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := makeData(s, ctx); err != nil {
		return nil, errors.Join(err, s.remove())
	}
	err = programtest.OnFreePorts(1, func(addrs []string) error {
		s.port = portOf(addrs[0])
		return s.start(ctx)
	})
	if err != nil {
		return nil, errors.Join(err, s.remove())
	}
	return s, nil
}

// command prepares a program that runs under the server's account, in its folder, out of reach of the terminal's interrupts: those
// are for the test process, after which the keeper cleans up.
func (s *instance) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = s.dir
	detach(cmd, s.account)
	return cmd
}

// keep starts the keeper, before there is anything to clean up but an empty folder.
func (s *instance) keep() error {
	if err := s.account.own(s.dir); err != nil {
		return err
	}
	s.keeper = s.command(context.Background(), "/bin/sh", "-c", keeper, "keeper", s.dir, s.bin)
	leash, err := s.keeper.StdinPipe()
	if err != nil {
		return err
	}
	s.leash = leash
	return s.keeper.Start()
}

// init makes the data folder. The locale of the maintenance databases does not matter,
// because test databases name theirs.
func (s *instance) init(ctx context.Context) error {
	secret := filepath.Join(s.dir, "secret")
	if err := os.WriteFile(secret, []byte(s.password+"\n"), 0o600); err != nil {
		return err
	}
	if err := s.account.own(secret); err != nil {
		return err
	}
	out, err := s.command(ctx, filepath.Join(s.bin, "initdb"), "--pgdata="+s.data(), "--username=postgres", "--pwfile="+secret,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync").CombinedOutput()
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, lastLine(string(out)))
	}
	return os.Remove(secret)
}

// start runs the server and returns when it answers.
func (s *instance) start(ctx context.Context) error {
	log, err := os.Create(s.logFile())
	if err != nil {
		return err
	}
	defer log.Close() // the server has its own descriptor
	sockets := ""
	if len(s.dir) <= socketRoom {
		sockets = s.dir
	}
	settings := append([]string{"listen_addresses=127.0.0.1", "port=" + s.port, "unix_socket_directories=" + sockets}, s.settings...)
	// Not ctx: it bounds the start, not the server's life.
	server := s.command(context.Background(), filepath.Join(s.bin, "postgres"), append([]string{"-D", s.data()}, asFlags(settings)...)...)
	server.Stdout, server.Stderr = log, log
	if err := server.Start(); err != nil {
		return err
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = server.Wait() // how it ended is in its log
	}()
	s.server, s.gone = server, gone
	if err := await(ctx, s.admin(), gone); err != nil {
		text, _ := os.ReadFile(s.logFile()) // without it the error says less, not wrong things
		return errors.Join(fmt.Errorf("postgres: %w", startError(err, string(text))), s.halt())
	}
	return nil
}

// halt ends the server at once, as a crash would: it recovers at the next start.
func (s *instance) halt() error {
	select {
	case <-s.gone:
		return nil
	default:
	}
	if err := s.server.Process.Signal(immediateShutdown); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop postgres: %w", err)
	}
	<-s.gone
	return nil
}

// remove ends the server and waits until its folder is gone.
func (s *instance) remove() error {
	if err := errors.Join(s.leash.Close(), s.keeper.Wait()); err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	return nil
}

// portOf returns the port of an address of 127.0.0.1.
func portOf(addr string) string { return strings.TrimPrefix(addr, "127.0.0.1:") }

func (s *instance) admin() string   { return loopback("127.0.0.1", s.port, s.password) }
func (s *instance) data() string    { return filepath.Join(s.dir, "data") }
func (s *instance) logFile() string { return filepath.Join(s.dir, "log") }
