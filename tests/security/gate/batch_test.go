package gate_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestGateThroughBatch sends the policy matrix once more, each request as a step
// of a batch: the gate is the same.
func TestGateThroughBatch(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		f.handler = viaBatch{t, f.handler}
		for _, row := range gateRows() {
			if row.media != "" || row.method == http.MethodHead || row.target == "/" || strings.HasPrefix(row.target, "/-/") {
				continue // a body that is no JSON, an answer without its length, and what is no step
			}
			if strings.HasPrefix(row.target, "/rpc/all_suggestions") || strings.HasPrefix(row.target, "/rpc/first_note") {
				continue // not in a transaction, which TestBatch asks for
			}
			t.Run(strings.ReplaceAll(row.name, " ", "_"), func(t *testing.T) { row.run(t, f) })
		}
	})
}

// viaBatch makes a batch of each request and a response of its answer.
type viaBatch struct {
	t     *testing.T
	inner http.Handler
}

func (v viaBatch) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		v.t.Error(err)
	}
	headers := map[string]string{}
	for _, name := range []string{"Accept", "Prefer", "If-Match"} {
		if value := r.Header.Get(name); value != "" {
			headers[name] = value
		}
	}
	step := map[string]any{"id": "only", "method": r.Method, "path": r.RequestURI, "headers": headers}
	if len(body) > 0 {
		step["body"] = json.RawMessage(body)
	}
	asked, err := json.Marshal([]any{step})
	if err != nil {
		v.t.Error(err)
	}
	batch := r.Clone(r.Context())
	batch.Method, batch.RequestURI = http.MethodPost, "/-/batch"
	batch.URL.Path, batch.URL.RawPath, batch.URL.RawQuery = "/-/batch", "", ""
	batch.Header.Set("Content-Type", "application/json")
	batch.Header.Del("Prefer")
	batch.Body, batch.ContentLength = io.NopCloser(strings.NewReader(string(asked))), int64(len(asked))
	rec := httptest.NewRecorder()
	v.inner.ServeHTTP(rec, batch)
	for name, values := range rec.Header() {
		w.Header()[name] = values
	}
	if rec.Code != http.StatusOK {
		if !strings.Contains(rec.Body.String(), `step \"only\"`) {
			v.t.Errorf("%s %s: the error does not name the step: %s", r.Method, r.RequestURI, rec.Body)
		}
		w.WriteHeader(rec.Code)
		_, _ = w.Write(rec.Body.Bytes())
		return
	}
	var answers []struct {
		ID      string
		Status  int
		Headers map[string]string
		Body    json.RawMessage
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &answers); err != nil || len(answers) != 1 || answers[0].ID != "only" {
		v.t.Errorf("the answer to a batch of one is %s, %v", rec.Body, err)
		return
	}
	w.Header().Del("Content-Length")
	for name, value := range answers[0].Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(answers[0].Status)
	if noBody := string(answers[0].Body) == "null" && answers[0].Status != http.StatusOK; !noBody {
		_, _ = w.Write(answers[0].Body)
	}
}
