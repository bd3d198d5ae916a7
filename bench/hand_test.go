package bench_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// This is the side Plinth is compared with: the same endpoints as somebody
// would write them who knows what they cost. It serves these tables only.

// item is a row as the hand-written servers read and send it. T is the form in
// which the driver has times at its cheapest.
type item[T any] struct {
	ID        string `json:"id"`
	CreatedAt T      `json:"created_at"`
	UpdatedAt T      `json:"updated_at"`
	Version   int64  `json:"version"`
	OwnerID   string `json:"owner_id"`
	Title     string `json:"title"`
	Body      string `json:"body"`
	Price     int64  `json:"price"`
}

// The statements for the table %s with more conditions %s, with the placeholders
// of both engines.
const (
	itemColumns = "id, created_at, updated_at, version, owner_id, title, body, price"

	selectItem   = "select " + itemColumns + " from %s where id = $1 and owner_id = $2%s"
	selectItems  = "select " + itemColumns + " from %s where owner_id = $1 and price <= $2%s order by price desc, id desc limit %d"
	selectByKey  = "select " + itemColumns + " from %s where owner_id = $1%s order by id limit %d"
	insertItem   = "insert into %s (" + itemColumns + ") values ($1, $2, $3, $4, $5, $6, $7, $8)"
	returnItem   = " returning " + itemColumns
	updateItem   = "update %s set title = coalesce($3, title), body = coalesce($4, body), price = coalesce($5, price), version = version + 1, updated_at = $6 where id = $1 and owner_id = $2%s" + returnItem
	maxTitle     = 200
	maxBodyBytes = 1 << 20
)

// itemTexts are the statements for one table.
type itemTexts struct {
	get, insert, update string

	insertOnly      string         // without the row coming back
	cheapest, byKey map[int]string // by limit: in the text, as the planner wants it
}

func newItemTexts(table, guard string) *itemTexts {
	t := &itemTexts{
		get: fmt.Sprintf(selectItem, table, guard), insert: fmt.Sprintf(insertItem+returnItem, table), update: fmt.Sprintf(updateItem, table, guard),
		insertOnly: fmt.Sprintf(insertItem, table), cheapest: map[int]string{}, byKey: map[int]string{},
	}
	for _, n := range listLimits {
		t.cheapest[n] = fmt.Sprintf(selectItems, table, guard, n)
		t.byKey[n] = fmt.Sprintf(selectByKey, table, guard, n)
	}
	return t
}

// texts returns the statements of both tables.
func (c *serverConfig) texts() map[string]*itemTexts {
	var guard strings.Builder
	for _, title := range c.Hidden {
		fmt.Fprintf(&guard, " and title <> '%s'", strings.ReplaceAll(title, "'", "''"))
	}
	return map[string]*itemTexts{"items": newItemTexts("items", guard.String()), "tracked_items": newItemTexts("tracked_items", "")}
}

// newItem is the body of an insert, itemPatch that of a patch.
type newItem struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	Price int64  `json:"price"`
}

type itemPatch struct {
	Title *string `json:"title"`
	Body  *string `json:"body"`
	Price *int64  `json:"price"`
}

// records is what the endpoints need of an engine. Rows come as what
// encoding/json writes.
type records interface {
	get(ctx context.Context, table, id, owner string) (any, error)
	cheapest(ctx context.Context, table, owner string, price int64, limit int) (rows any, count int, err error)
	byKey(ctx context.Context, table, owner string, limit int) (rows any, count int, err error)
	// insert returns the row that was stored, or with assumed the row that was
	// sent, as long as nothing in the database changes it.
	insert(ctx context.Context, table, owner string, it *newItem, assumed bool) (any, error)
	update(ctx context.Context, table, id, owner string, p *itemPatch) (any, error)
	// authors returns JSON made by the database, of one of the trees.
	authors(ctx context.Context, tree string, from, score int64) ([]byte, error)
}

var errNone = errors.New("no such row")

// refusal is an answer that is no success.
type refusal struct {
	Status  int     `json:"-"`
	Code    string  `json:"code"`
	Details *string `json:"details"`
	Hint    *string `json:"hint"`
	Message string  `json:"message"`
}

func (r *refusal) Error() string { return r.Message }

type hand struct {
	records records
	buffers sync.Pool
}

func newHand(r records) http.Handler {
	h := &hand{records: r, buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }}}
	mux := http.NewServeMux()
	for _, table := range []string{"items", "tracked_items"} {
		mux.HandleFunc("GET /"+table+"/{id}", h.endpoint(table, (*hand).get))
		mux.HandleFunc("GET /"+table, h.endpoint(table, (*hand).list))
		mux.HandleFunc("POST /"+table, h.endpoint(table, (*hand).insert))
		mux.HandleFunc("PATCH /"+table+"/{id}", h.endpoint(table, (*hand).update))
	}
	mux.HandleFunc("GET /authors", h.endpoint("authors", (*hand).authors))
	return mux
}

// endpoint authenticates and turns errors into answers.
func (h *hand) endpoint(table string, serve func(*hand, http.ResponseWriter, *http.Request, string, string) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		caller, err := authenticate(r)
		if err != nil {
			err = &refusal{Status: http.StatusUnauthorized, Code: "PGRST301", Message: "the token is not valid"}
		} else {
			err = serve(h, w, r, table, caller.ID)
		}
		if err != nil {
			h.refuse(w, err)
		}
	}
}

func (h *hand) refuse(w http.ResponseWriter, err error) {
	answer, ok := errors.AsType[*refusal](err)
	switch {
	case ok:
	case errors.Is(err, errNone):
		answer = &refusal{Status: http.StatusNotFound, Code: "PGRST116", Message: "no such row"}
	default:
		answer = &refusal{Status: http.StatusInternalServerError, Code: "XX000", Message: "internal error"}
	}
	body, _ := json.Marshal(answer)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(answer.Status)
	w.Write(body)
}

func (h *hand) get(w http.ResponseWriter, r *http.Request, table, owner string) error {
	row, err := h.records.get(r.Context(), table, r.PathValue("id"), owner)
	if err != nil {
		return err
	}
	return h.answer(w, http.StatusOK, row)
}

func (h *hand) list(w http.ResponseWriter, r *http.Request, table, owner string) error {
	query := r.URL.Query()
	limit, err := strconv.Atoi(query.Get("limit"))
	if err != nil || !slices.Contains(listLimits, limit) {
		return &refusal{Status: http.StatusBadRequest, Code: "PGRST100", Message: fmt.Sprintf("limit must be one of %v", listLimits)}
	}
	var rows any
	var count int
	switch query.Get("order") {
	case "price.desc":
		price, parseErr := operand(query, "price", "lte.")
		if parseErr != nil {
			return parseErr
		}
		rows, count, err = h.records.cheapest(r.Context(), table, owner, price, limit)
	case "id":
		if p, ok := h.records.(*handPostgres); ok && r.Header.Get(insteadHeader) == insteadDatabase {
			body, count, err := p.byKeyJSON(r.Context(), table, owner, limit)
			if err != nil {
				return err
			}
			w.Header().Set("Content-Range", contentRange(count))
			send(w, http.StatusOK, body)
			return nil
		}
		rows, count, err = h.records.byKey(r.Context(), table, owner, limit)
	default:
		return &refusal{Status: http.StatusBadRequest, Code: "PGRST100", Message: "order must be price.desc or id"}
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Range", contentRange(count))
	return h.answer(w, http.StatusOK, rows)
}

func contentRange(count int) string {
	if count == 0 {
		return "*/*"
	}
	return "0-" + strconv.Itoa(count-1) + "/*"
}

// operand reads the operand of a filter.
func operand(query url.Values, column, operator string) (int64, error) {
	text, ok := strings.CutPrefix(query.Get(column), operator)
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || !ok {
		return 0, &refusal{Status: http.StatusBadRequest, Code: "22P02", Message: "invalid filter on " + column}
	}
	return n, nil
}

func (h *hand) insert(w http.ResponseWriter, r *http.Request, table, owner string) error {
	var it newItem
	if err := decodeBody(w, r, &it); err != nil {
		return err
	}
	if it.Title == "" || len(it.Title) > maxTitle {
		return &refusal{Status: http.StatusBadRequest, Code: "23514", Message: "title is required and at most 200 bytes long"}
	}
	row, err := h.records.insert(r.Context(), table, owner, &it, r.Header.Get(insteadHeader) == insteadAssume)
	if err != nil {
		return err
	}
	return h.answer(w, http.StatusCreated, [1]any{row})
}

func (h *hand) update(w http.ResponseWriter, r *http.Request, table, owner string) error {
	var p itemPatch
	if err := decodeBody(w, r, &p); err != nil {
		return err
	}
	if p.Title != nil && (*p.Title == "" || len(*p.Title) > maxTitle) {
		return &refusal{Status: http.StatusBadRequest, Code: "23514", Message: "title is required and at most 200 bytes long"}
	}
	row, err := h.records.update(r.Context(), table, r.PathValue("id"), owner, &p)
	if err != nil {
		return err
	}
	return h.answer(w, http.StatusOK, row)
}

func (h *hand) authors(w http.ResponseWriter, r *http.Request, _, _ string) error {
	query := r.URL.Query()
	from, err := operand(query, "id", "gte.")
	if err != nil {
		return err
	}
	score, err := operand(query, "posts.score", "gte.")
	if err != nil {
		return err
	}
	if p, ok := h.records.(*handPostgres); ok && r.Header.Get(insteadHeader) == insteadAssemble {
		list, err := p.assemble(r.Context(), from, score)
		if err != nil {
			return err
		}
		return h.answer(w, http.StatusOK, list)
	}
	body, err := h.records.authors(r.Context(), query.Get("select"), from, score)
	if errors.Is(err, errNone) {
		err = &refusal{Status: http.StatusBadRequest, Code: "PGRST100", Message: "select must be one of the trees"}
	}
	if err != nil {
		return err
	}
	send(w, http.StatusOK, body)
	return nil
}

func decodeBody(w http.ResponseWriter, r *http.Request, into any) error {
	d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBodyBytes))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return &refusal{Status: http.StatusBadRequest, Code: "PGRST102", Message: "the body is not valid"}
	}
	return nil
}

// answer sends v as JSON from a buffer, so that the answer has a length.
func (h *hand) answer(w http.ResponseWriter, status int, v any) error {
	b := h.buffers.Get().(*bytes.Buffer)
	defer h.buffers.Put(b)
	b.Reset()
	if err := json.NewEncoder(b).Encode(v); err != nil {
		return err
	}
	send(w, status, b.Bytes())
	return nil
}

func send(w http.ResponseWriter, status int, body []byte) {
	header := w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}

// stamp is the time of a write, as exact as the databases keep it.
func stamp() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }

// newKey makes a key of a new row.
func newKey() string { return store.NewID().String() }
