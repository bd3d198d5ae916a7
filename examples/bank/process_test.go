package main

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// process is a bank in a process of its own, which can be killed.
type process struct {
	cmd   *exec.Cmd
	input io.WriteCloser
	url   string
}

// startProcess returns when the bank listens. It ends with the test.
func startProcess(t *testing.T, url string, env ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(os.Args[0])} // this program, see TestMain
	p.cmd.Env = append(append(os.Environ(), serveEnv+"="+url), env...)
	var err error
	if p.input, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if p.url = strings.TrimSpace(line); err != nil || !strings.HasPrefix(p.url, "http://") {
		t.Fatalf("the bank does not start: %q, %v", line, err)
	}
	return p
}

// kill ends the process without a warning. It may be called again.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	_ = p.input.Close()
}
