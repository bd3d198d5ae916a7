package api

import "net/http"

// recorder holds an answer until its transaction commits. A receipt stores its fields.
type recorder struct {
	Status  int         `json:"status"`
	Headers http.Header `json:"headers"`
	Body    []byte      `json:"body"`
}

// Header implements [http.ResponseWriter].
func (r *recorder) Header() http.Header { return r.Headers }

// WriteHeader implements [http.ResponseWriter].
func (r *recorder) WriteHeader(status int) { r.Status = status }

// Write implements [http.ResponseWriter].
func (r *recorder) Write(p []byte) (int, error) {
	r.Body = append(r.Body, p...)
	return len(p), nil
}

// sendRecorded sends an answer as it was recorded.
func (a *response) sendRecorded(r *recorder) {
	header := a.w.Header()
	for name, values := range r.Headers {
		header[name] = values
	}
	a.begun = true
	a.w.WriteHeader(r.Status)
	_, _ = a.w.Write(r.Body) // a failure means that the client has gone
}
