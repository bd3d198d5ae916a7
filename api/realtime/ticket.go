package realtime

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/access"
)

// The limits of tickets.
const (
	ticketLife     = 30 * time.Second
	maxTickets     = 100      // unused ones of a caller
	maxTicketBytes = 32 << 10 // of the headers of the request
)

// ticketScope is the scope of the receipts that are tickets.
const ticketScope = "ticket"

// ticket is what the database keeps: the headers with which the stream is authenticated, and
// the resource for which it is, "" for a socket.
type ticket struct {
	Header   http.Header `json:"header"`
	Resource string      `json:"resource"`
}

// ticketBody and ticketAnswer are the bodies of a request for a ticket and of its answer.
type ticketBody struct {
	Resource string `json:"resource,omitempty"`
}

type ticketAnswer struct {
	Ticket  string `json:"ticket"`
	Expires int    `json:"expires_in"` // seconds
}

// Ticket returns the handler of POST {"resource": "notes"}, which answers with {"ticket": "..."}
// for the parameter ticket of [Hub.Live]. EventSource sends no headers, so a page without a
// cookie authenticates its streams by tickets.
//
// A ticket is valid for 30 seconds and for one stream of the resource, or without a resource for
// one socket of [Hub.WebSocket]. The stream then has the
// credentials of the request for the ticket: it ends when they are revoked or expire. The
// database has only a hash of the ticket and the credentials encrypted by it.
//
// Tickets need Config.Authenticator and an authenticated caller. A caller has at most 100 unused
// ones.
func (h *Hub) Ticket() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := h.issue(w, r)
		writeAnswer(w, r, ticketAnswer{text, int(ticketLife / time.Second)}, err)
	})
}

// issue makes a ticket for the caller of a request.
func (h *Hub) issue(w http.ResponseWriter, r *http.Request) (string, error) {
	switch {
	case r.Method != http.MethodPost:
		return "", &problem.Error{Code: problem.UnknownMethod, Allow: []string{http.MethodPost}}
	case h.config.Authenticator == nil:
		return "", &problem.Error{Code: problem.UnknownPath}
	}
	p, scope, err := h.identify(r)
	if err != nil {
		return "", err
	}
	if p.Kind == auth.Anonymous {
		return "", store.ErrDenied
	}
	var wanted ticketBody
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<10)).Decode(&wanted); err != nil {
		return "", &problem.Error{Code: problem.BadBody, Message: `the body must be {"resource": "NAME"}`}
	}
	if wanted.Resource != "" {
		if _, err := h.table(scope, wanted.Resource); err != nil {
			return "", err
		}
	}
	return h.keep(r.Context(), &p, ticket{Header: r.Header, Resource: wanted.Resource})
}

// keep stores a ticket, encrypted by its text.
func (h *Hub) keep(ctx context.Context, p *auth.Principal, t ticket) (string, error) {
	content, err := json.Marshal(t)
	if err != nil {
		return "", err
	}
	if len(content) > maxTicketBytes {
		return "", &problem.Error{Code: problem.LimitExceeded, Message: fmt.Sprintf("limit exceeded: the headers of a request for a ticket have at most %d bytes", maxTicketBytes)}
	}
	text := rand.Text()
	id, gcm, err := openTicket(text)
	if err != nil {
		return "", err
	}
	kept := access.Receipt{
		Scope: ticketScope, Key: id, Caller: ticketScope + " " + p.Kind.String() + " " + p.Counted(),
		Answer: base64.StdEncoding.EncodeToString(gcm.Seal(nil, nil, content, nil)),
	}
	count, err := access.CountReceipts(ctx, h.db, kept)
	switch {
	case err != nil:
		return "", err
	case count.Count >= maxTickets:
		return "", &problem.Error{Code: problem.TooManyRequests, RetryAfter: max(count.Frees, time.Second), Message: fmt.Sprintf("a caller has at most %d unused tickets", maxTickets)}
	}
	return text, h.db.Tx(ctx, func(ctx context.Context, tx *store.Tx) error { return access.KeepReceipt(ctx, tx, kept, ticketLife) })
}

// openTicket returns the id of a ticket in the database and the cipher of its content.
func openTicket(text string) (id string, gcm cipher.AEAD, err error) {
	derived, err := hkdf.Key(sha256.New, []byte(text), nil, "plinth ticket", 2*sha256.Size)
	if err != nil {
		return "", nil, err
	}
	block, err := aes.NewCipher(derived[sha256.Size:])
	if err != nil {
		return "", nil, err
	}
	gcm, err = cipher.NewGCMWithRandomNonce(block)
	return base64.RawURLEncoding.EncodeToString(derived[:sha256.Size]), gcm, err
}

// redeem returns a request with the credentials of a ticket, which it consumes. Other
// credentials of the request do not count.
func (h *Hub) redeem(r *http.Request, text, resource string) (*http.Request, error) {
	id, gcm, err := openTicket(text)
	if err != nil {
		return nil, err
	}
	kept, found, err := access.TakeReceipt(r.Context(), h.db, ticketScope, id)
	if err != nil {
		return nil, err
	}
	var t ticket
	if found {
		sealed, err := base64.StdEncoding.DecodeString(kept)
		if err != nil {
			return nil, err
		}
		content, err := gcm.Open(nil, nil, sealed, nil)
		if err == nil {
			err = json.Unmarshal(content, &t)
		}
		if err != nil {
			return nil, err
		}
	}
	if !found || t.Resource != resource {
		return nil, fmt.Errorf("realtime: the ticket is unknown, used, expired or for another resource: %w", auth.ErrInvalid)
	}
	out := r.Clone(r.Context())
	out.Header = t.Header
	return out, nil
}
