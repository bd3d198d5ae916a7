package command

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/jobs"
)

// jobs runs the commands of operators for jobs.
func (p *Program) jobs(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 || asksHelp(args[0]) {
		return flag.ErrHelp
	}
	name, args := args[0], args[1:]
	switch name {
	case "status":
		if err := noArguments("jobs status", args); err != nil {
			return err
		}
		return p.jobStatus(ctx, out)
	case "list", "retry", "discard":
		return p.selectJobs(ctx, name, args, out)
	case "pause", "resume":
		if len(args) != 1 {
			return &usageError{fmt.Sprintf("jobs %s: want the name of a queue", name)}
		}
		if name == "resume" {
			return p.Jobs.Resume(ctx, args[0])
		}
		return p.pause(ctx, args[0])
	}
	return &usageError{fmt.Sprintf("jobs: unknown command %q", name)}
}

// pause pauses a queue that this program knows.
func (p *Program) pause(ctx context.Context, queue string) error {
	list, err := p.Jobs.Stats(ctx)
	if err != nil {
		return err
	}
	var names []string
	for _, s := range list {
		names = append(names, s.Name)
	}
	if !slices.Contains(names, queue) {
		return &usageError{fmt.Sprintf("jobs pause: there is no queue %q, but %s", queue, strings.Join(names, ", "))}
	}
	return p.Jobs.Pause(ctx, queue)
}

// jobStatus prints a line for each queue. It fails if the jobs of one wait too long.
func (p *Program) jobStatus(ctx context.Context, out io.Writer) error {
	list, err := p.Jobs.Stats(ctx)
	for _, s := range list {
		state := "ok"
		switch {
		case s.Paused:
			state = "paused"
		case s.Late():
			state = "late"
			err = errors.Join(err, fmt.Errorf("plinth: the jobs of queue %q wait: run more workers, or see why with jobs list", s.Name))
		}
		fmt.Fprintf(out, "%-20s %-6s due %d, oldest %s, running %d, dead %d\n", s.Name, state, s.Due, s.Age.Round(time.Second), s.Running, s.Dead)
	}
	return err
}

// selectJobs lists, retries or discards the jobs that flags and ids select.
func (p *Program) selectJobs(ctx context.Context, name string, args []string, out io.Writer) error {
	var f jobs.Filter
	flags := flag.NewFlagSet("jobs "+name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&f.Kind, "kind", "", "")
	flags.StringVar(&f.Queue, "queue", "", "")
	flags.StringVar((*string)(&f.State), "state", "", "")
	limit := 50
	if name == "list" {
		flags.IntVar(&limit, "limit", limit, "")
	}
	if err := flags.Parse(args); err != nil {
		return &usageError{flags.Name() + ": " + err.Error()}
	}
	if !slices.Contains([]jobs.State{"", jobs.Waiting, jobs.Running, jobs.Done, jobs.Dead}, f.State) {
		return &usageError{fmt.Sprintf("%s: the state is %q, want waiting, running, done or dead", flags.Name(), f.State)}
	}
	if limit < 1 {
		return &usageError{flags.Name() + ": the limit must be positive"}
	}
	for _, arg := range flags.Args() {
		id, err := store.ParseID(arg)
		if err != nil {
			return &usageError{fmt.Sprintf("%s: %q is not the id of a job", flags.Name(), arg)}
		}
		f.IDs = append(f.IDs, id)
	}
	if name == "list" {
		list, err := p.Jobs.List(ctx, f, limit)
		for i := range list {
			printJob(out, &list[i])
		}
		return err
	}
	change := p.Jobs.Retry
	if name == "discard" {
		change = p.Jobs.Discard
	}
	n, err := change(ctx, f)
	if err == nil {
		fmt.Fprintf(out, "%d jobs\n", n)
	}
	return err
}

// printJob prints a job in a line, with a bar of its progress.
func printJob(out io.Writer, job *jobs.Info) {
	const width = 20
	bar := strings.Repeat("#", job.Progress*width/100) + strings.Repeat(".", width-job.Progress*width/100)
	fmt.Fprintf(out, "%s  %-7s  [%s] %3d%%  %s  %s  attempt %d of %d  due %s  %s\n", job.ID, job.State, bar, job.Progress, job.Kind, job.Queue,
		job.Attempts, job.MaxAttempts, job.DueAt.Format(time.RFC3339), strings.Map(printable, cmp.Or(job.LastError, job.ProgressText)))
}

// printable returns a space for line ends and for what could control a terminal.
func printable(r rune) rune {
	if unicode.IsGraphic(r) {
		return r
	}
	return ' '
}
