package sqlite

import (
	"container/list"
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// maxPatterns bounds the compiled patterns a process keeps. Clients choose
// patterns, so there is no end of them.
const maxPatterns = 128

// patterns keeps compiled patterns, the least recently used go first. It is
// safe for concurrent use.
type patterns struct {
	mu     sync.Mutex
	byText map[string]*list.Element // of *regexp.Regexp
	recent list.List                // the latest is in front
}

// get returns the compiled pattern. The text is not kept.
func (p *patterns) get(text string) (*regexp.Regexp, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.byText[text]; ok {
		p.recent.MoveToFront(e)
		return e.Value.(*regexp.Regexp), nil
	}
	re, err := regexp.Compile(strings.Clone(text))
	if err != nil {
		return nil, fmt.Errorf("%s%w", valueErrorPrefix, err)
	}
	if p.recent.Len() >= maxPatterns {
		delete(p.byText, p.recent.Remove(p.recent.Back()).(*regexp.Regexp).String())
	}
	if p.byText == nil {
		p.byText = make(map[string]*list.Element)
	}
	p.byText[re.String()] = p.recent.PushFront(re)
	return re, nil
}
