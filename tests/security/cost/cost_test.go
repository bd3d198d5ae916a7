package cost_test

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// The bounds of a request.
const (
	maxMemory     = 64 << 20
	statementTime = 3 * time.Second // of callers that are not signed in, the default
)

// TestReadCost sends generated reads. None is answered with an error of the server.
// In the long form none takes more than 64 MiB, in the server or in a backend, nor
// more than twice the time of a statement. PLINTH_TEST_READS says how many are sent,
// 5,000 otherwise, and PLINTH_TEST_RANDOM which.
func TestReadCost(t *testing.T) {
	n, data := 40, size{rows: 30, wides: 5, cell: 2000}
	if programtest.Long() {
		n, data = number("PLINTH_TEST_READS", 5000), size{rows: 1000, wides: 40, cell: 1 << 20}
	}
	t.Run("sqlite", func(t *testing.T) {
		readCost(t, "sqlite", filepath.Join(t.TempDir(), "cost.db"), n, data)
	})
	t.Run("postgres", func(t *testing.T) {
		readCost(t, "postgres", pgtest.URL(t), n, data)
	})
}

// TestNamedReadCost sends small requests that once cost the most: embeds that
// multiply, a count() below them, large values in embeds, and batches of large answers.
func TestNamedReadCost(t *testing.T) {
	data := size{rows: 30, wides: 1, cell: 10}
	if programtest.Long() {
		data = size{rows: 1000, wides: 40, cell: 1 << 20}
	}
	t.Run("sqlite", func(t *testing.T) { namedReadCost(t, "sqlite", filepath.Join(t.TempDir(), "cost.db"), data) })
	t.Run("postgres", func(t *testing.T) { namedReadCost(t, "postgres", pgtest.URL(t), data) })
}

func namedReadCost(t *testing.T, engine, dsn string, data size) {
	fill(t, engine, dsn, data)
	s := startServer(t, engine, dsn)
	step := `{"method":"GET","path":"/wides?select=body&limit=3"},`
	for _, tt := range []struct{ path, body string }{
		{"/peers?select=name,peers(name,score,peers(name,score,peers(name,score,peers(name,score))))", ""},
		{"/peers?select=id,peers(id,peers(id,peers(id,peers(count()))))", ""},
		{"/peers?select=id,peers(id,peers(id,peers(count())))", ""},
		{"/peers?select=id,wides(body.max())&limit=1000", ""},
		{"/-/batch", "[" + strings.Repeat(step, 9) + `{"method":"GET","path":"/peers?limit=1"}]`},
	} {
		path := tt.path
		c := s.measure(t, path, tt.body)
		t.Logf("%d bytes, %s: %s", len(path), c, path)
		if c.status >= 500 || c.status == http.StatusNotFound {
			t.Errorf("%s: %d %.300s", path, c.status, c.body)
		}
		if programtest.Long() && (c.server > maxMemory || c.backend > maxMemory || c.took > 2*statementTime) {
			t.Errorf("%s: %s", path, c)
		}
	}
}

func number(variable string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(variable)); err == nil {
		return n
	}
	return otherwise
}

func readCost(t *testing.T, engine, dsn string, n int, data size) {
	fill(t, engine, dsn, data)
	s := startServer(t, engine, dsn)
	statuses, worst := map[int]int{}, map[string]cost{}
	seed := programtest.Seed(t, 1) * 1_000_000
	for i := range n {
		path := request(rand.New(rand.NewPCG(seed+uint64(i), 0))) // not for secrets
		c := s.measure(t, path, "")
		statuses[c.status]++
		if c.status >= 500 || c.status == http.StatusNotFound {
			t.Errorf("%s: %d %.300s", path, c.status, c.body)
		}
		if c.status < 300 && !json.Valid(c.body) {
			t.Errorf("%s: not JSON: %.300s", path, c.body)
		}
		if !programtest.Long() {
			continue
		}
		if c.server > maxMemory || c.backend > maxMemory || c.took > 2*statementTime {
			t.Errorf("%s: %s", path, c)
		}
		for name, less := range map[string]bool{
			"server": worst["server"].server < c.server, "backend": worst["backend"].backend < c.backend, "time": worst["time"].took < c.took,
		} {
			if less {
				c.path, c.body = path, nil
				worst[name] = c
			}
		}
	}
	t.Logf("%d requests: %v", n, statuses)
	for name, c := range worst {
		t.Logf("most %s: %s: %s", name, c, c.path)
	}
	if statuses[http.StatusOK]+statuses[http.StatusPartialContent] < n/4 {
		t.Errorf("too few answers with success to prove anything: %v", statuses)
	}
}

// get sends a GET.
func (s *server) get(t *testing.T, path string) (int, []byte) {
	t.Helper()
	return s.send(t, path, "")
}

// send sends a GET, or a POST with a body.
func (s *server) send(t *testing.T, path, body string) (int, []byte) {
	t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := s.client.Do(r)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	defer res.Body.Close() // it is read
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return res.StatusCode, answer
}
