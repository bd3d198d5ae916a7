package jobs

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

// rule says when a schedule is due.
type rule interface {
	next(after time.Time) time.Time
	last(until time.Time) time.Time // the last due time that is not later
}

// period is the rule of [Every].
type period time.Duration

func (p period) next(after time.Time) time.Time {
	return after.Truncate(time.Duration(p)).Add(time.Duration(p))
}

func (p period) last(until time.Time) time.Time { return until.Truncate(time.Duration(p)) }

// expression is the rule of [Cron].
type expression struct {
	cron.ScheduleWithPrev
	location *time.Location

	// fixed says that the hours are named. When clocks go back, such a time comes twice
	// and is due the first time only. An expression for every hour is due in both.
	fixed bool
}

var parser = cron.StandardParser()

// parseCron reads an expression with five fields, or a name such as @daily.
func parseCron(text string, location *time.Location) (rule, error) {
	if strings.HasPrefix(text, "@every") || strings.Contains(text, "TZ=") {
		return nil, errors.New("use Every for a period, and Location for a time zone")
	}
	parsed, err := parser.Parse(text)
	if err != nil {
		return nil, err
	}
	schedule, ok := parsed.(cron.ScheduleWithPrev)
	if !ok {
		return nil, fmt.Errorf("the expression is %T", parsed)
	}
	fields := strings.Fields(text)
	e := expression{schedule, location, len(fields) == 5 && !strings.Contains(fields[1], "*")}
	if e.next(time.Unix(0, 0)).IsZero() {
		return nil, errors.New("there is no such day")
	}
	return e, nil
}

func (e expression) next(after time.Time) time.Time {
	t := e.Next(after.In(e.location))
	for e.fixed && repeated(t) {
		t = e.Next(t)
	}
	return t.UTC()
}

func (e expression) last(until time.Time) time.Time {
	t := e.Prev(until.Add(time.Second).Truncate(time.Second).In(e.location)) // it is due on full minutes
	for e.fixed && repeated(t) {
		t = e.Prev(t)
	}
	return t.UTC()
}

// repeated reports whether clocks showed the time of t before, since they went back.
func repeated(t time.Time) bool {
	for _, d := range []time.Duration{30 * time.Minute, time.Hour, 2 * time.Hour} {
		if t.Add(-d).Format(time.DateTime) == t.Format(time.DateTime) {
			return true
		}
	}
	return false
}
