package api

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/api/internal/pointer"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/strictjson"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/fault"
)

// serveBatch answers POST of /-/batch: requests that are one transaction. Each passes
// the dispatch table as a request of its own by the same caller; the first that
// fails undoes all.
func serveBatch(x *exchange) error {
	if _, err := x.form(); err != nil {
		return err
	}
	if x.r.URL.RawQuery != "" {
		return &problem.Error{Code: problem.BadQuery, Message: "a batch has no parameters in its URL: each step has its own"}
	}
	body, err := x.body()
	if err != nil {
		return err
	}
	steps, err := x.s.parseBatch(body)
	if err != nil {
		return err
	}
	kind := store.TxOptions{}
	if x.s.onlyRead(steps) {
		kind = readTx // SQLite has one connection that writes
	}
	var out []byte
	err = x.inTx(kind, func(in *exchange) error {
		out, err = runBatch(in, steps)
		return err
	})
	if err != nil {
		return err
	}
	x.headers(keepNot)
	x.send(http.StatusOK, pgrst.MediaJSON.ContentType(), "", out, "")
	return nil
}

// onlyRead reports whether no step can write.
func (s *server) onlyRead(steps []batchStep) bool {
	return !slices.ContainsFunc(steps, func(st batchStep) bool {
		if pgrst.Reads(st.method) {
			return false
		}
		relative, _ := s.relative(st.url.EscapedPath())
		path, err := pgrst.SplitPath(relative)
		if err != nil || path.Shape != pgrst.ShapeCall {
			return true
		}
		fn := s.functions.byName[path.Name]
		return fn == nil || !fn.readOnly
	})
}

// runBatch runs the steps and returns their answers as a JSON array.
func runBatch(x *exchange, steps []batchStep) ([]byte, error) {
	out := []byte{'['}
	answers, wanted := map[string]strictjson.Value{}, map[string]bool{} // large answers are not kept for nothing
	for i := range steps {
		for _, b := range steps[i].binds {
			wanted[b.step] = true
		}
	}
	var taken int64 // by all steps from answers, in bytes
	for i := range steps {
		st := &steps[i]
		answer, err := runStep(x, st, answers, &taken)
		if err != nil {
			return nil, &stepError{st.id, err}
		}
		if i > 0 {
			out = append(out, ',')
		}
		limit := x.s.config.Limits.Answer
		if need := len(out) + len(answer.Body); need <= limit && need > max(cap(out), 1<<20) {
			out = slices.Grow(out, limit-len(out)) // once, since each time copies all
		} else if need > limit {
			return nil, &stepError{st.id, fault.ErrTooLarge}
		}
		if out = appendAnswer(out, st.id, answer); len(out) > limit {
			return nil, &stepError{st.id, fault.ErrTooLarge}
		}
		if wanted[st.id] && isJSON(answer) {
			if answers[st.id], err = strictjson.Parse(answer.Body, strictjson.Limits{Depth: 64, Digits: 1 << 17, Growth: -1}); err != nil {
				return nil, &stepError{st.id, err}
			}
		}
	}
	return append(out, ']'), nil
}

// runStep runs a step as a request of its own.
func runStep(x *exchange, st *batchStep, answers map[string]strictjson.Value, taken *int64) (*recorder, error) {
	body, err := st.bound(answers, taken, x.s.config.Limits.Body)
	if err != nil {
		return nil, err
	}
	r := (&http.Request{
		Method: st.method, URL: st.url, Header: st.header, Host: x.r.Host, Proto: x.r.Proto, ProtoMajor: x.r.ProtoMajor, ProtoMinor: x.r.ProtoMinor,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}).WithContext(x.r.Context())
	answer := &recorder{Headers: http.Header{}}
	sub := x.sub(r, answer)
	sub.step = true
	return answer, sub.dispatch()
}

// bound returns the body with what other steps have answered in it, and adds its size to
// what all steps have taken. Each could take the same large answer many times, and a batch
// does no more than a client could have sent in a body of limit.
func (st *batchStep) bound(answers map[string]strictjson.Value, taken *int64, limit int64) ([]byte, error) {
	if len(st.binds) == 0 {
		return st.body.Raw(), nil
	}
	var graft pointer.Graft
	for _, b := range st.binds {
		answer, ok := answers[b.step]
		if !ok {
			return nil, problem.Errorf(problem.BadBody, "bind: the answer of the step %q is not JSON; send Prefer: return=representation with that step", b.step)
		}
		value, err := pointer.Find(answer, b.from)
		if err != nil {
			return nil, problem.Errorf(problem.BadBody, "bind: the answer of the step %q: %v", b.step, err)
		}
		if *taken += int64(len(value.Raw())); *taken > limit {
			return nil, &http.MaxBytesError{Limit: limit}
		}
		graft.Add(b.to, value.Raw())
	}
	body, err := graft.Append(nil, st.body)
	if err != nil {
		return nil, problem.Errorf(problem.BadBody, "bind: the body: %v", err)
	}
	return body, nil
}

func isJSON(r *recorder) bool {
	contentType, _, _ := strings.Cut(r.Headers.Get("Content-Type"), ";")
	return len(r.Body) > 0 && (contentType == mediaJSON || strings.HasSuffix(contentType, "+json"))
}

// answerHeaders are the headers that the answer of a step keeps.
var answerHeaders = []string{"Content-Range", "ETag", "Embed-Limit", "Link", "Location", "Preference-Applied"}

// appendAnswer appends the answer of a step as a JSON object. A body that is no
// JSON is a string.
func appendAnswer(dst []byte, id string, r *recorder) []byte {
	dst = strictjson.AppendString(append(dst, `{"id":`...), id)
	dst = strconv.AppendInt(append(dst, `,"status":`...), int64(r.Status), 10)
	dst = append(dst, `,"headers":{`...)
	first := true
	for _, name := range answerHeaders {
		value := r.Headers.Get(name)
		if value == "" {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(strictjson.AppendString(dst, name), ':')
		dst = strictjson.AppendString(dst, value)
	}
	dst = append(dst, `},"body":`...)
	switch {
	case isJSON(r):
		dst = append(dst, r.Body...)
	case len(r.Body) > 0:
		dst = strictjson.AppendStringBytes(dst, r.Body)
	default:
		dst = append(dst, "null"...)
	}
	return append(dst, '}')
}

// stepError is the error of a step.
type stepError struct {
	id  string
	err error
}

// Error names the step.
func (e *stepError) Error() string { return fmt.Sprintf("step %q: %v", e.id, e.err) }

// Unwrap returns the step's own error, which decides the answer.
func (e *stepError) Unwrap() error { return e.err }

// ProblemPlace names the step to the client.
func (e *stepError) ProblemPlace() string { return "step " + strconv.Quote(e.id) }
