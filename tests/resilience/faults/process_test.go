package faults_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/leaktest"

	"github.com/seed-7694ebf6/plinth/store"
)

// serveEnv makes this program serve the application: the engine and where its
// database is.
const serveEnv = "PLINTH_FAULTTEST_SERVE"

func TestMain(m *testing.M) {
	if engine, location, ok := strings.Cut(os.Getenv(serveEnv), " "); ok {
		if err := serve(engine, location); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	leaktest.Main(m)
}

// serve says where it listens and serves until its standard input ends.
func serve(engine, location string) error {
	db, err := openDatabase(context.Background(), engine, location, store.Options{})
	if err != nil {
		return err
	}
	handler, err := newHandler(db)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = l.Close()
	}()
	fmt.Println("http://" + l.Addr().String())
	_ = http.Serve(l, handler) // for a test, on loopback
	return db.Close()
}

// process is an application in a process of its own.
type process struct {
	cmd   *exec.Cmd
	input io.WriteCloser
	url   string
}

// startProcess returns when the application listens. It ends with the test.
func startProcess(tb testing.TB, engine, location string) *process {
	tb.Helper()
	p := &process{cmd: exec.Command(os.Args[0])} // this program
	p.cmd.Env = append(os.Environ(), serveEnv+"="+engine+" "+location)
	p.cmd.Stderr = os.Stderr
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
	if err != nil {
		tb.Fatalf("the application does not start: %v", err)
	}
	p.url = strings.TrimSpace(line)
	return p
}

// kill ends the process without a warning. It may be called again.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	_ = p.input.Close()
}
