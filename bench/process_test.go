package bench_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

// process is another process of the test binary. It answers one question after
// the other, in JSON over its standard input and output, and ends with its
// input, however this process ends.
type process struct {
	name string
	in   *json.Encoder
	out  *json.Decoder
}

// start starts a process in a role. It ends with tb.
func start(tb testing.TB, role, name string) *process {
	tb.Helper()
	path, err := os.Executable()
	if err != nil {
		tb.Fatal(err)
	}
	return startBinary(tb, path, role, name)
}

// startBinary starts a process of a test binary.
func startBinary(tb testing.TB, path, role, name string) *process {
	tb.Helper()
	cmd := exec.Command(path)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.Stderr = os.Stderr
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if err := errors.Join(errIn, errOut, cmd.Start()); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
			tb.Errorf("%s: %v", name, err)
		}
	})
	return &process{name: name, in: json.NewEncoder(in), out: json.NewDecoder(out)}
}

// ask sends a question and reads the answer.
func (p *process) ask(tb testing.TB, question, answer any) {
	tb.Helper()
	err := p.in.Encode(question)
	if err == nil {
		err = p.out.Decode(answer)
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the process has ended")
	}
	if err != nil {
		tb.Fatalf("%s: %v", p.name, err)
	}
}

// answering reads questions to their end and answers each.
func answering[Q, A any](in *json.Decoder, out *json.Encoder, answer func(Q) (A, error)) error {
	for {
		var q Q
		if err := in.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		a, err := answer(q)
		if err != nil {
			return fmt.Errorf("%+v: %w", q, err)
		}
		if err := out.Encode(a); err != nil {
			return err
		}
	}
}
