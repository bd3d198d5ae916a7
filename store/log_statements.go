package store

import (
	"cmp"
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/logging"
)

// LogStatementsOptions tunes [LogStatements]. The zero value is ready to use.
type LogStatementsOptions struct {
	// RequestID returns the id of the request a statement belongs to, empty
	// for none; it becomes the attribute request_id. Nil leaves that to the
	// logger's handler, which gets the context.
	RequestID func(ctx context.Context) string

	// Slow is the duration from which a statement is logged as slow, including the wait
	// for a connection. Negative logs none as slow.
	//
	// Defaults to 200 ms.
	Slow time.Duration
}

// LogStatements returns a [Tracer] that logs every statement at level debug, and slow ones
// at level warn: operation, table, duration_ms, rows, the kind of an error and the text with
// placeholders, never values. A nil logger discards them.
//
// A slow statement that repeats is one line in ten seconds. Its count is the number of times
// that it was slow since the line before.
func LogStatements(logger *slog.Logger, opts LogStatementsOptions) Tracer {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	opts.Slow = cmp.Or(opts.Slow, 200*time.Millisecond)
	return &statementLog{logger: logger, opts: opts}
}

// statementLog implements [Tracer].
type statementLog struct {
	logger *slog.Logger
	opts   LogStatementsOptions

	mu   sync.Mutex
	slow map[string]*logging.SampledCount // by shape
}

const (
	// slowEvery is how often a slow statement is logged that repeats.
	slowEvery = 10 * time.Second

	// maxSlow is how many slow statements have counters of their own.
	maxSlow = 256
)

// Start implements [Tracer].
func (*statementLog) Start(ctx context.Context, _ TracedStatement) context.Context { return ctx }

// End implements [Tracer].
func (l *statementLog) End(ctx context.Context, s TracedStatement, o TraceOutcome) {
	level, text, count := slog.LevelDebug, "store: statement", int64(0)
	if l.opts.Slow > 0 && o.Duration >= l.opts.Slow {
		var due bool
		if count, due = l.repeats(&s).Add(slowEvery); due {
			level, text = slog.LevelWarn, "store: slow statement"
		}
	}
	if !l.logger.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 8)
	attrs = append(
		attrs,
		slog.String("operation", s.Operation),
		slog.String("table", s.Table),
		logging.Milliseconds("duration_ms", o.Duration),
		slog.Int64("rows", o.Rows),
	)
	if count > 1 {
		attrs = append(attrs, slog.Int64("count", count))
	}
	if o.Error != "" {
		attrs = append(attrs, slog.String("error", string(o.Error)))
	}
	if l.opts.RequestID != nil {
		if id := l.opts.RequestID(ctx); id != "" {
			attrs = append(attrs, slog.String("request_id", id))
		}
	}
	attrs = append(attrs, slog.String("sql", s.SQL))
	l.logger.LogAttrs(ctx, level, text, attrs...)
}

// repeats returns the counter of a slow statement. Texts that differ in numbers, such as the
// limit, share one. When there are too many, all counters start over.
func (l *statementLog) repeats(s *TracedStatement) *logging.SampledCount {
	shape := s.Operation + " " + s.Table + " " + strings.Map(withoutDigits, s.SQL)
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.slow[shape]; c != nil {
		return c
	}
	if l.slow == nil || len(l.slow) == maxSlow {
		l.slow = map[string]*logging.SampledCount{}
	}
	c := new(logging.SampledCount)
	l.slow[shape] = c
	return c
}

func withoutDigits(c rune) rune {
	if c >= '0' && c <= '9' {
		return -1
	}
	return c
}
