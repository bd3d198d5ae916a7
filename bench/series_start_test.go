package bench_test

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var startHead = []string{"engine", "first start, ms", "later start, ms", "memory after start, MB", "after 1,000 requests, MB", "binary, MB"}

// runStarts measures the program of the README, built as it would be deployed:
// from the start of its process to its first answer, and the memory it holds.
func runStarts(t *testing.T, engine string) []finding {
	binary := filepath.Join(t.TempDir(), "quickstart")
	build := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "./examples/quickstart")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	count, requests := 1, 10
	if *growth {
		count, requests = roundCount(), 1_000
	}
	var first, later, fresh, used []float64
	for range count {
		database := newDatabase(t, engine, *growth)
		app := startApplication(t, binary, database)
		first = append(first, milliseconds(app.took))
		app.stop(t)
		app = startApplication(t, binary, database)
		later = append(later, milliseconds(app.took))
		fresh = append(fresh, app.memory(t))
		for range requests {
			app.get(t)
		}
		used = append(used, app.memory(t))
		app.stop(t)
	}
	if !*growth {
		return nil
	}
	cells := []string{engineTitles[engine]}
	for _, values := range [][]float64{first, later, fresh, used, {float64(info.Size()) / 1e6}} {
		cells = append(cells, fmt.Sprintf("%.1f", median(values)))
	}
	t.Log(cells)
	return []finding{{cells: cells}}
}

// application is a running program of the README.
type application struct {
	cmd        *exec.Cmd
	url        string
	key, token string
	took       time.Duration // from the start of the process to its first answer
}

func startApplication(t *testing.T, binary, database string) *application {
	t.Helper()
	a := &application{cmd: exec.CommandContext(t.Context(), binary)}
	a.cmd.Env = append(os.Environ(), "PLINTH_ADDR=127.0.0.1:0", "PLINTH_DATABASE_URL="+database)
	a.cmd.Stderr = os.Stderr
	out, err := a.cmd.StdoutPipe()
	begin := time.Now()
	if err := errors.Join(err, a.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	a.read(out)
	if a.key == "" {
		t.Fatal("the program has not said how to reach it")
	}
	a.get(t)
	a.took = time.Since(begin)
	a.logIn(t)
	return a
}

// read reads what the program says of itself when it starts.
func (a *application) read(out io.Reader) {
	for lines := bufio.NewScanner(out); a.key == "" && lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if _, url, ok := strings.Cut(line, "mode on "); ok {
			a.url = url
		}
		if key, ok := strings.CutPrefix(line, "publishable key"); ok {
			a.key = strings.TrimSpace(key)
		}
	}
}

// logIn makes a user and asks as them from then on.
func (a *application) logIn(t *testing.T) {
	t.Helper()
	body := fmt.Sprintf(`{"email":"%s@example.org","password":"a good password"}`, rand.Text())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.url+"/auth/v1/signup", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Apikey", a.key)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	var session struct {
		Token string `json:"access_token"`
	}
	if err := errors.Join(json.NewDecoder(answer.Body).Decode(&session), answer.Body.Close()); err != nil || session.Token == "" {
		t.Fatalf("sign up: status %d, %v", answer.StatusCode, err)
	}
	a.token = session.Token
}

// get asks for the caller's rows.
func (a *application) get(t *testing.T) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, a.url+"/rest/v1/notes?limit=20", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("apikey", a.key)
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK || strings.TrimSpace(string(body)) != "[]" {
		t.Fatalf("status %d, %s", answer.StatusCode, body)
	}
}

// memory is what the process holds of the machine's, in MB; zero where the system
// does not tell in /proc.
func (a *application) memory(t *testing.T) float64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.cmd.Process.Pid))
	if errors.Is(err, os.ErrNotExist) {
		return 0
	}
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kilobytes, err := strconv.Atoi(strings.Fields(rest + " -")[0])
	if err != nil {
		t.Fatalf("/proc says\n%s", status)
	}
	return float64(kilobytes) * 1024 / 1e6
}

// stop ends the process.
func (a *application) stop(t *testing.T) {
	t.Helper()
	if err := a.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = a.cmd.Wait() // the signal ended it
}
