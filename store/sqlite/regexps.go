package sqlite

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// maxPatterns bounds the compiled patterns that a process keeps. Clients choose the
// patterns.
const maxPatterns = 128

// patterns keeps compiled patterns. When it is full it drops all. It is safe for
// concurrent use.
type patterns struct {
	mu     sync.Mutex
	byText map[string]*regexp.Regexp
}

// get returns the compiled pattern. The text is not kept.
func (p *patterns) get(text string) (*regexp.Regexp, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if re, ok := p.byText[text]; ok {
		return re, nil
	}
	re, err := regexp.Compile(strings.Clone(text))
	if err != nil {
		return nil, fmt.Errorf("%s%w", valueErrorPrefix, err)
	}
	if p.byText == nil || len(p.byText) >= maxPatterns {
		p.byText = make(map[string]*regexp.Regexp)
	}
	p.byText[re.String()] = re
	return re, nil
}
