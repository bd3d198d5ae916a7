// Package live_test cuts streams, kills instances and cuts them off from the database while
// clients follow a table.
package live_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth"
	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"
)

// Entry is a row that all may read and add.
type Entry struct {
	bun.BaseModel `bun:"table:entries"`
	ID            int64  `bun:",pk"`
	Text          string `bun:",notnull"`
}

// serveEnv makes this program serve the application over the database of a URL.
const serveEnv = "PLINTH_LIVETEST_SERVE"

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
		Listen: func(ctx context.Context, network, _ string) (net.Listener, error) {
			l, err := (&net.ListenConfig{}).Listen(ctx, network, "127.0.0.1:0")
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

// process is an instance in a process of its own.
type process struct {
	cmd   *exec.Cmd
	input io.WriteCloser
	url   string
}

// startProcess returns when the instance listens.
func startProcess(tb testing.TB, database string) *process {
	tb.Helper()
	p := &process{cmd: exec.CommandContext(tb.Context(), os.Args[0])} // this program
	p.cmd.Env = append(os.Environ(), serveEnv+"="+database)
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

// kill ends the process without a warning. It may be called again.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	_ = p.input.Close()
}
