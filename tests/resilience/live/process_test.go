// Package live_test cuts streams, kills instances and cuts them off from the database while
// clients follow a table.
package live_test

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/realtime"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
)

// Entry is a row that all may read and add.
type Entry struct {
	bun.BaseModel `bun:"table:entries"`
	ID            int64  `bun:",pk"`
	Text          string `bun:",notnull"`
}

// The environment that makes this program serve the application: the URL of the database, and the
// address, by default any.
const (
	serveEnv  = "PLINTH_LIVETEST_SERVE"
	listenEnv = "PLINTH_LIVETEST_LISTEN"
)

func TestMain(m *testing.M) {
	if url := os.Getenv(serveEnv); url != "" {
		if err := serve(url); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	leaktest.Main(m)
}

// serve says where it listens and serves until its standard input ends.
func serve(url string) error {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	app, err := plinth.New(ctx, plinth.Config{
		DatabaseURL: url, Schema: plinth.SchemaAuto, InsecureDevelopment: true, DisableAccounts: true, DisableAccessLog: true,
		DrainDelay: 500 * time.Millisecond,
		Channels:   []realtime.Channel{{Pattern: "room", Join: anyone, Send: anyone}},
		Listen: func(ctx context.Context, network, _ string) (net.Listener, error) {
			l, err := (&net.ListenConfig{}).Listen(ctx, network, cmp.Or(os.Getenv(listenEnv), "127.0.0.1:0"))
			if err == nil {
				fmt.Println("http://" + l.Addr().String())
			}
			return l, err
		},
	})
	if err != nil {
		return err
	}
	app.Add(api.Resource[Entry]{Policy: api.Policy{Read: api.Anyone(), Create: api.Anyone()}})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	return app.Run(ctx)
}

func anyone(context.Context, auth.Principal, string) (bool, error) { return true, nil }

// process is an instance in a process of its own.
type process struct {
	cmd   *exec.Cmd
	input io.WriteCloser
	url   string
}

// startProcess returns when the instance listens, at an address or at any.
func startProcess(tb testing.TB, database, addr string) *process {
	tb.Helper()
	p := &process{cmd: exec.CommandContext(tb.Context(), os.Args[0])} // this program
	p.cmd.Env = append(os.Environ(), serveEnv+"="+database, listenEnv+"="+addr)
	p.cmd.Stderr = tb.Output()
	var err error
	if p.input, err = p.cmd.StdinPipe(); err != nil {
		tb.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if p.url = strings.TrimSpace(line); err != nil || !strings.HasPrefix(p.url, "http://") {
		tb.Fatalf("the instance does not start: %q, %v", line, err)
	}
	return p
}

// stop lets the instance drain and end.
func (p *process) stop(tb testing.TB) {
	tb.Helper()
	_ = p.input.Close()
	if err := p.cmd.Wait(); err != nil {
		tb.Errorf("an instance ended with %v", err)
	}
}

// kill ends the process without a warning. It may be called again.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	_ = p.input.Close()
}
