package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/netaddr"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	record "github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
	"github.com/seed-7694ebf6/plinth/store/fault"
)

// once serves a request with an Idempotency-Key: the effect, the answer and the
// receipt of both commit together, and the same request sent again gets the
// recorded answer. An answer with an error leaves nothing, and the request can be
// tried again under its key.
func (x *exchange) once(serve func(*exchange) error) error {
	key, err := pgrst.IdempotencyKey(x.r.Header)
	if err != nil {
		return err
	}
	if err := x.mayRepeat(); err != nil {
		return err
	}
	body, err := x.rawBody()
	if err != nil {
		return err
	}
	asked := access.Receipt{Scope: x.receiptScope(), Key: key, Caller: x.receiptCaller(), Fingerprint: x.fingerprint(body)}
	// Duplicates in this process are rejected at once. Otherwise they would hold a
	// connection, or on SQLite wait for the writer.
	var running any = asked.Scope + " " + key
	if _, taken := x.s.running.LoadOrStore(running, true); taken {
		return errRunning
	}
	defer x.s.running.Delete(running)
	if err := x.roomToKeep(asked); err != nil {
		return err
	}
	answer := &recorder{}
	err = x.inTx(store.TxOptions{}, func(x *exchange) error {
		x.r.Body = io.NopCloser(bytes.NewReader(body))
		return x.onceInTx(asked, serve, answer)
	})
	if errors.Is(err, fault.ErrReceiptBusy) {
		return errRunning
	}
	if err != nil {
		return err
	}
	x.sendRecorded(answer)
	return nil
}

// onceInTx sets answer to the recorded answer, or makes and records one. A transaction
// that is run again starts with an empty answer.
func (x *exchange) onceInTx(asked access.Receipt, serve func(*exchange) error, answer *recorder) error {
	ctx := x.r.Context()
	*answer = recorder{Headers: http.Header{}}
	kept, err := access.FindReceipt(ctx, x.tx, asked.Scope, asked.Key)
	switch {
	case err != nil:
		return err
	case kept != nil && kept.Fingerprint != asked.Fingerprint:
		return &problem.Error{
			Code: problem.RequestKeyReused, Message: "the Idempotency-Key was given to another request",
			Hint: "Use a new key for a new request.",
		}
	case kept != nil:
		err := json.Unmarshal([]byte(kept.Answer), answer)
		answer.Headers.Set("Idempotent-Replayed", "true")
		return err
	}
	sub := x.sub(x.r, answer)
	sub.path, sub.relative, sub.resource, sub.function = x.path, x.relative, x.resource, x.function
	if err := serve(sub); err != nil {
		return err
	}
	// Kept answers occupy storage for hours, and a small request can cause a large answer.
	if limit := x.s.config.Limits.Body; int64(len(answer.Body)) > limit {
		return &pgrst.LimitError{Limit: "answer to an Idempotency-Key", Max: int(limit), Unit: "bytes"}
	}
	text, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	asked.Answer = string(text)
	return access.KeepReceipt(ctx, x.tx, asked, x.s.config.KeepAnswers)
}

var errRunning = &problem.Error{
	Code: problem.Conflict, Message: "a request with this Idempotency-Key is still running", RetryAfter: time.Second,
}

// mayRepeat rejects an Idempotency-Key that cannot be honored. Ignoring the key could run
// the request twice.
func (rq *request) mayRepeat() error {
	p, fn := &rq.caller.principal, rq.function
	switch {
	case fn != nil && !fn.gate.Admits(p):
		return fn.denied()
	case p.Kind == auth.Anonymous:
		return &problem.Error{
			Code: problem.BadRequestKey, Message: "Idempotency-Key needs an authenticated caller",
			Details: "Unauthenticated callers have no identity, and one must not get the answer of another.",
		}
	case fn != nil && (!fn.inTx || fn.readOnly):
		return &problem.Error{
			Code: problem.BadRequestKey, Message: "Idempotency-Key is not for the function " + fn.name,
			Details: "Its effect and the record of its answer are not in one transaction. Send the request without the key.",
		}
	}
	return nil
}

// roomToKeep rejects a request with 429 if the kept answers of its caller have reached a
// limit. An answer that is kept already is replayed. Concurrent requests see the same
// count, so each of them may exceed the limit by its own answer.
func (rq *request) roomToKeep(asked access.Receipt) error {
	if rq.caller.principal.Kind == auth.Service {
		return nil // the application's own programs, which may work for many
	}
	kept, err := access.CountReceipts(rq.r.Context(), rq.s.db, asked)
	if err != nil {
		return err
	}
	most, bytes := rq.s.config.KeptAnswersPerCaller, rq.s.config.KeptBytesPerCaller
	if kept.Kept || kept.Count < int64(most) && kept.Bytes < bytes {
		return nil
	}
	full := &problem.Error{
		Code: problem.TooManyRequests, RetryAfter: max(kept.Frees, time.Second),
		Message: fmt.Sprintf("answers to an Idempotency-Key: at most %d are kept for one caller", most),
		Hint:    "Nothing was done. Wait until the oldest answer expires, or send requests that may run twice without a key.",
	}
	if kept.Bytes >= bytes {
		full.Message = fmt.Sprintf("answers to an Idempotency-Key: at most %d bytes are kept for one caller", bytes)
		full.Hint += " Answers are smaller with Prefer: return=minimal."
	}
	return full
}

// receiptCaller is a hash of the caller to whom kept answers are counted. All sessions,
// keys, tenants and routes of a caller share one limit. Anonymous users are cheap to
// create, so those of one network share one limit too.
func (rq *request) receiptCaller() string {
	p := &rq.caller.principal
	switch counted := p.Counted(); {
	case p.IsAnonymous && p.CountedAs == "":
		return hashOf("guests", netaddr.Name(record.ClientAddressOf(rq.r)))
	case counted != "":
		return hashOf(p.Kind.String(), counted)
	}
	return hashOf(p.Kind.String(), p.Issuer, p.Subject)
}

// receiptScope is a hash of the caller and the route: keys of one are unknown to
// the others.
func (rq *request) receiptScope() string {
	p := &rq.caller.principal
	return hashOf(p.Kind.String(), p.Issuer, p.Subject, p.ID, p.Tenant, rq.r.Method, rq.relative)
}

// fingerprint is a hash of everything else that affects a request and its answer. It
// includes the session, its assurance level, roles, permissions, the claims of proofs, and
// the claims, headers and parameters that rules read. After a new sign-in or the loss of a role the caller gets
// 422 instead of the kept answer, which the rules may no longer allow. The request is not
// run again either.
func (rq *request) fingerprint(body []byte) string {
	p := &rq.caller.principal
	proven, _ := json.Marshal(p.Proven()) // what is no JSON cannot be read by rules
	parts := []string{
		rq.r.URL.RawQuery, string(body), string(proven), p.Session, strconv.Itoa(p.AAL),
		hashOf(sorted(p.Roles)...), hashOf(sorted(p.Permissions)...),
	}
	for _, name := range []string{"Accept", "Content-Profile", "Content-Type", "If-Match", "If-None-Match", "Prefer"} {
		parts = append(parts, name)
		parts = append(parts, rq.r.Header[name]...)
	}
	for _, name := range rq.s.resources.variables {
		value, _ := rq.caller.variable(name) // none is as empty
		parts = append(parts, name, value)
	}
	return hashOf(parts...)
}

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }

// hashOf hashes texts so that no two lists of them run together.
func hashOf(parts ...string) string {
	sums := make([]byte, 0, 32*sha256.Size)
	for _, part := range parts {
		sum := sha256.Sum256([]byte(part))
		sums = append(sums, sum[:]...)
	}
	sum := sha256.Sum256(sums)
	return hex.EncodeToString(sum[:])
}

// serve serves a route, once if the client has named the request. Reading twice
// does no harm, and steps of a batch are named with it.
func (x *exchange) serve(rt *route) error {
	if err := x.honours(rt); err != nil {
		return err
	}
	if x.tx == nil && x.writes() && len(x.r.Header["Idempotency-Key"]) > 0 {
		return x.once(rt.serve)
	}
	return rt.serve(x)
}
