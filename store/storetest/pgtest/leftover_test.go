package pgtest

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// envVictim makes this test binary a process that has a server and waits for its end; its value says how that comes.
const envVictim = "PGTEST_VICTIM"

// victim is what such a process tells about its server.
type victim struct{ URL, Folder string }

// TestNothingIsLeft ends processes in every unfriendly way and looks for what their servers leave behind.
func TestNothingIsLeft(t *testing.T) {
	if how := os.Getenv(envVictim); how != "" {
		die(t, how)
	}
	t.Parallel()
	if require, _ := requirement(os.Getenv(envRequire)); os.Getenv(EnvURL) != "" && require != requireDocker {
		t.Skip("a server named by its URL is not ours to end")
	}
	URL(t) // skips where there is no server
	for _, how := range []string{"exit", "panic", "kill"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNothingIsLeft$")
			cmd.Env = append(os.Environ(), envVictim+"="+how)
			in, out := pipes(t, cmd)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var v victim
			if err := json.NewDecoder(bufio.NewReader(out)).Decode(&v); err != nil {
				t.Fatalf("no server: %v", err)
			}
			connect(t, v.URL)
			if how == "kill" {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			in.Close()                      // the process may be gone
			_, _ = io.Copy(io.Discard, out) // until the process ends
			if cmd.Wait() == nil && how != "exit" {
				t.Error("the process ended well")
			}
			vanish(t, v)
		})
	}
}

// die waits for the parent's word and ends the process.
func die(t *testing.T, how string) {
	v := victim{URL: URL(t)}
	c, _ := process().server()
	if own, ok := c.holds.(*instance); ok {
		v.Folder = own.dir
	}
	if err := json.NewEncoder(os.Stdout).Encode(v); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // its end is the word
	if how == "panic" {
		// Out of the reach of the testing package, which would run cleanups.
		go panic("as a test may")
		select {}
	}
	os.Exit(0)
}

func pipes(t *testing.T, cmd *exec.Cmd) (io.WriteCloser, io.Reader) {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	return in, out
}

// vanish waits until server and folder are gone.
func vanish(t *testing.T, v victim) {
	t.Helper()
	const limit = 30 * time.Second
	for begin := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		db, err := pgx.Connect(t.Context(), v.URL)
		if err == nil {
			db.Close(t.Context()) // it is the answer that counts
		}
		_, folder := os.Stat(v.Folder)
		if err != nil && (v.Folder == "" || os.IsNotExist(folder)) {
			return
		}
		if time.Since(begin) > limit {
			t.Fatalf("after %v: server answers %v, folder %q exists %v", limit, err == nil, v.Folder, folder == nil)
		}
	}
}
