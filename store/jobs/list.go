package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
)

// State is where a job is in its life.
type State string

// The states.
const (
	Waiting State = "waiting" // to be claimed when it is due
	Running State = "running" // claimed by a worker
	Done    State = "done"    // kept for a day
	Dead    State = "dead"    // failed for good, kept for 14 days
)

// Info describes a job for lists.
type Info struct {
	ID          store.ID
	Kind        string
	Queue       string
	State       State
	Priority    int
	Attempts    int
	MaxAttempts int

	// EnqueuedAt, DueAt and FinishedAt are by the clock of the database. FinishedAt is
	// zero before the end.
	EnqueuedAt, DueAt, FinishedAt time.Time

	// Progress is what [Job.Progress] stored last, from 0 to 100.
	Progress     int
	ProgressText string

	// LastError is the text of the last failure, at most 2,000 bytes.
	LastError string

	// Actor and Tenant are those of the context that enqueued the job.
	Actor, Tenant string
}

// Filter selects jobs. Empty fields select all.
type Filter struct {
	IDs   []store.ID
	Kind  string
	Queue string
	State State
}

// where writes the filter as conditions with their arguments.
func (f Filter) where(d dialect, args []any) (string, []any) {
	text := "true"
	add := func(condition string, arg any) {
		args = append(args, arg)
		text += " and " + strings.ReplaceAll(condition, "$", fmt.Sprintf("$%d", len(args)))
	}
	if f.IDs != nil {
		ids := make([]string, len(f.IDs))
		for i, id := range f.IDs {
			ids[i] = id.String()
		}
		add("id {in uuid $}", ids)
	}
	for column, value := range map[string]string{"kind": f.Kind, "queue": f.Queue, "state": string(f.State)} {
		if value != "" {
			add(column+" = $", value)
		}
	}
	return d.text(text), args
}

var infoKinds = []store.Kind{
	store.KindUUID, store.KindText, store.KindText, store.KindText, store.KindInt, store.KindInt, store.KindInt,
	store.KindTimestamp, store.KindTimestamp, store.KindTimestamp, store.KindInt, store.KindText, store.KindText, store.KindText, store.KindText,
}

// List returns up to limit of the selected jobs, those that were enqueued last first.
func (js *Jobs) List(ctx context.Context, f Filter, limit int) ([]Info, error) {
	where, args := f.where(js.sql().dialect, []any{int64(limit)})
	var list []Info
	q := store.SQL{
		Text: "select id, kind, queue, state, priority, attempts, max_attempts, enqueued_at, due_at, finished_at, progress, progress_text," +
			" last_error, actor, tenant from plinth_jobs where " + where + " order by id desc limit $1",
		Args: args, Columns: infoKinds,
	}
	err := q.Rows(ctx, js.db, func(v [][]byte) error {
		var i Info
		err := scan(v, &i.ID, &i.Kind, &i.Queue, &i.State, &i.Priority, &i.Attempts, &i.MaxAttempts, &i.EnqueuedAt, &i.DueAt, &i.FinishedAt,
			&i.Progress, &i.ProgressText, &i.LastError, &i.Actor, &i.Tenant)
		list = append(list, i)
		return err
	})
	return list, err
}

// Retry makes the selected dead jobs wait again with all their attempts, and those that wait
// for another attempt due now. Jobs that have not failed are selected by IDs only. It returns
// their number. An empty filter is an error.
func (js *Jobs) Retry(ctx context.Context, f Filter) (int64, error) {
	n, err := js.change(ctx, f, "update plinth_jobs set state = 'waiting', due_at = {now}, finished_at = null,"+
		" attempts = case when state = 'dead' then 0 else attempts end, "+freeKey(Dead)+
		" where state in ('waiting', 'dead') and (state = 'dead' or attempts > 0 or "+fmt.Sprint(f.IDs != nil)+") and ")
	if n > 0 {
		js.signals.send()
	}
	return n, err
}

// Discard removes the selected jobs unless they run, and returns their number. An empty
// filter is an error.
func (js *Jobs) Discard(ctx context.Context, f Filter) (int64, error) {
	return js.change(ctx, f, "delete from plinth_jobs where state <> 'running' and ")
}

func (js *Jobs) change(ctx context.Context, f Filter, text string) (int64, error) {
	where, args := f.where(js.sql().dialect, nil)
	if len(args) == 0 {
		return 0, errors.New("jobs: the filter is empty: set one of its fields")
	}
	return store.SQL{Text: js.sql().text(text) + where, Args: args, Writes: true}.Exec(ctx, js.db)
}

// Pause keeps all processes from claiming jobs of a queue. Running ones go on.
func (js *Jobs) Pause(ctx context.Context, queue string) error {
	return js.setPaused(ctx, queue, js.sql().now)
}

// Resume ends a Pause.
func (js *Jobs) Resume(ctx context.Context, queue string) error {
	err := js.setPaused(ctx, queue, "null")
	js.signals.send()
	return err
}

func (js *Jobs) setPaused(ctx context.Context, queue, at string) error {
	text := "insert into plinth_queues (name, paused_at) values ($1, " + at + ") on conflict (name) do update set paused_at = excluded.paused_at"
	_, err := store.SQL{Text: text, Args: []any{queue}, Writes: true}.Exec(ctx, js.db)
	return err
}
