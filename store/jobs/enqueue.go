package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/errtext"
	"github.com/seed-7694ebf6/plinth/store"
)

// EnqueueOption changes one call of [Kind.Enqueue] or [Kind.EnqueueMany].
type EnqueueOption func(*order)

// In makes the job due after d, by the clock of the database.
func In(d time.Duration) EnqueueOption { return func(o *order) { o.in = d } }

// At makes the job due at t.
func At(t time.Time) EnqueueOption {
	return func(o *order) { o.at = t.UTC().Truncate(time.Microsecond) }
}

// Priority is [Options].Priority for these jobs.
func Priority(p int) EnqueueOption { return func(o *order) { o.priority = p } }

// order is what is enqueued: jobs of one kind that differ in their arguments and keys.
type order struct {
	kind     *kind
	in       time.Duration
	at       time.Time
	priority int
	once     string // the key of a schedule's job

	ids, args, unique, limit []string
}

// Enqueue adds a job in a transaction, or with a [store.DB] in a statement of its own.
// The job runs if the transaction commits. It returns the id of the job: the zero ID
// if another job has the unique key and Mode is not Replace.
//
// The job keeps actor and tenant of ctx ([store.ActorFrom]), and its handler's context
// has them.
func (k *Kind[T]) Enqueue(ctx context.Context, s store.Session, args T, opts ...EnqueueOption) (store.ID, error) {
	o, err := k.order([]T{args}, opts)
	if err != nil {
		return store.ID{}, err
	}
	return o.insert(ctx, s)
}

const (
	maxRows = 1000 // that one statement adds
	maxKey  = 1000 // bytes of a key, which is in an index
)

// EnqueueMany is Enqueue for a job of each element of args, with one statement for each
// 1,000 of them. If elements share a unique key, the first is added, with Replace the
// last.
func (k *Kind[T]) EnqueueMany(ctx context.Context, s store.Session, args []T, opts ...EnqueueOption) error {
	for len(args) > 0 {
		n := min(len(args), maxRows)
		o, err := k.order(args[:n], opts)
		if err != nil {
			return err
		}
		if _, err := o.insert(ctx, s); err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
}

// order prepares jobs for [order.insert].
func (k *Kind[T]) order(list []T, opts []EnqueueOption) (*order, error) {
	if k.mistake != nil {
		return nil, k.mistake
	}
	o := &order{kind: k.kind, priority: k.priority}
	for _, opt := range opts {
		opt(o)
	}
	if o.priority < 1 || o.priority > priorities {
		return nil, fmt.Errorf("jobs: kind %q: Priority is %d, want 1 to %d", k.name, o.priority, priorities)
	}
	at := map[string]int{} // the job of each unique key
	for _, args := range list {
		text, err := json.Marshal(args)
		if err != nil {
			return nil, fmt.Errorf("jobs: kind %q: %w", k.name, err)
		}
		if len(text) > MaxArgs {
			return nil, fmt.Errorf("%w: kind %q", ErrArgsTooLarge, k.name)
		}
		unique, limit := call(k.unique, args), call(k.limit, args)
		if errtext.Storable(unique, maxKey) != unique || errtext.Storable(limit, maxKey) != limit {
			return nil, fmt.Errorf("jobs: kind %q: a key of a job is a text without NUL of at most %d bytes", k.name, maxKey)
		}
		if err := o.add(text, unique, k.limitKey(limit), at); err != nil {
			return nil, err
		}
	}
	return o, nil
}

// limitKey returns the key as it is stored: behind a colon, and "" for a job that no queue limits.
func (k *Kind[T]) limitKey(key string) string {
	ofQueue := func(q Queue) bool { return q.Name == k.queue && q.KeyLimit != 0 }
	if k.limit == nil && !slices.ContainsFunc(k.js.config.Queues, ofQueue) {
		return ""
	}
	return ":" + key
}

// call returns a key, "" without a function.
func call[T any](key func(T) string, args T) string {
	if key == nil {
		return ""
	}
	return key(args)
}

// add adds a job, unless one with its unique key is there.
func (o *order) add(args []byte, unique, limit string, at map[string]int) error {
	id := store.NewID().String()
	text := string(args)
	if o.kind.secret {
		var err error
		if text, err = o.kind.js.seal(id, args); err != nil {
			return fmt.Errorf("jobs: kind %q: %w", o.kind.name, err)
		}
	}
	if i, there := at[unique]; there && unique != "" {
		if o.kind.mode == Replace {
			o.ids[i], o.args[i], o.limit[i] = id, text, limit
		}
		return nil
	}
	at[unique] = len(o.ids)
	o.ids, o.args = append(o.ids, id), append(o.args, text)
	o.unique, o.limit = append(o.unique, unique), append(o.limit, limit)
	return nil
}

// run runs the statement. Without unique keys every job is added.
func (o *order) run(ctx context.Context, s store.Session, q store.SQL) (id store.ID, err error) {
	if o.form() == formPlain {
		if _, err := q.Exec(ctx, s); err != nil {
			return id, err
		}
		return store.ParseID(o.ids[len(o.ids)-1])
	}
	err = q.Rows(ctx, s, func(values [][]byte) error { return scan(values, &id) })
	return id, err
}

// insert adds the jobs and returns the id of the last one.
func (o *order) insert(ctx context.Context, s store.Session) (id store.ID, err error) {
	js, k := o.kind.js, o.kind
	var at any
	if !o.at.IsZero() {
		at = o.at
	}
	trace := ""
	if t := js.config.Propagator; t != nil {
		trace = t.Inject(ctx)
	}
	q := store.SQL{
		Text: js.sql().insertMany[o.form()], Columns: []store.Kind{store.KindUUID}, Writes: true,
		Args: []any{
			o.ids, o.args, o.unique, o.limit, k.name, k.queue, int64(o.priority), at, o.in.Microseconds(), int64(k.max),
			k.secret, store.ActorFrom(ctx), store.TenantFrom(ctx), trace,
		},
	}
	switch {
	case len(o.ids) == 1:
		q.Text = js.sql().insert[o.form()]
		q.Args[0], q.Args[1], q.Args[2], q.Args[3] = o.ids[0], o.args[0], o.unique[0], o.limit[0]
	case !js.sql().postgres:
		q.Args[0], q.Args[1], q.Args[2], q.Args[3] = jsonRows(len(o.ids), func(i int) any {
			return []string{o.ids[i], o.args[i], o.unique[i], o.limit[i]}
		}), nil, nil, nil
	}
	switch o.form() {
	case formOnce:
		q.Args = append(q.Args, o.once)
	case formPeriod:
		q.Args = append(q.Args, k.period.Microseconds())
	}
	if id, err = o.run(ctx, s, q); err != nil {
		return store.ID{}, fmt.Errorf("jobs: enqueue %q: %w", k.name, err)
	}
	if tx, ok := s.(*store.Tx); ok {
		tx.OnCommit(func(context.Context) { js.signals.send() })
	} else {
		js.signals.send()
	}
	return id, nil
}
