package browsertest

import (
	"strings"
)

// nameOfFocus returns what a screen reader calls the focused element, in one line, and how the
// focus is shown: "Sign in|auto".
const nameOfFocus = `(() => {
	const e = document.activeElement
	if (!e || e === document.body) return "|"
	const text = e.getAttribute("aria-label") || [...(e.labels || [])].map(l => l.innerText).join(" ") || e.innerText || e.value || ""
	return text.trim().split("\n")[0].trim() + "|" + getComputedStyle(e).outlineStyle
})()`

// text returns the visible text of the page.
const text = `document.readyState === "complete" ? document.body.innerText.replace(/\s+/g, " ") : ""`

// See waits until the page shows a text.
func (p *Page) See(want string) {
	p.tb.Helper()
	if got, ok := p.eventually(text, func(text string) bool { return strings.Contains(text, want) }); !ok {
		p.tb.Fatalf("the page does not show %q but: %s", want, got)
	}
}

// Text returns the visible text of the page, with single spaces.
func (p *Page) Text() string {
	p.tb.Helper()
	got, err := p.Run(text)
	if err != nil {
		p.tb.Fatal(err)
	}
	return got
}

// URL returns the path and the query of the page.
func (p *Page) URL() string {
	p.tb.Helper()
	got, err := p.Run(`location.pathname + location.search`)
	if err != nil {
		p.tb.Fatal(err)
	}
	return got
}

// Focus presses Tab until the element with a name has the focus: the label of a field, or the
// text of a link or button. It fails if no element with the name can be reached, or if the
// focus cannot be seen on it.
func (p *Page) Focus(name string) {
	p.tb.Helper()
	var seen []string
	for range 250 {
		got, err := p.Run(nameOfFocus)
		if err != nil {
			p.tb.Fatal(err)
		}
		focused, outline, _ := strings.Cut(got, "|")
		if focused == name {
			if outline == "none" {
				p.tb.Errorf("%q does not show its focus", name)
			}
			return
		}
		seen = append(seen, focused)
		p.key("Tab", "Tab", 9, "")
	}
	p.tb.Fatalf("the keyboard does not reach %q but: %q", name, seen[:min(len(seen), 60)])
}

// Write replaces the text of a field.
func (p *Page) Write(label, text string) {
	p.tb.Helper()
	p.Focus(label)
	p.Call("Input.dispatchKeyEvent", map[string]any{"type": "rawKeyDown", "key": "a", "code": "KeyA", "modifiers": 2, "commands": []string{"selectAll"}}, nil)
	p.Call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": "a", "code": "KeyA", "modifiers": 2}, nil)
	p.key("Delete", "Delete", 46, "")
	p.Call("Input.insertText", map[string]any{"text": text}, nil)
}

// Choose selects an option of a select element by typing its name.
func (p *Page) Choose(label, option string) {
	p.tb.Helper()
	p.Focus(label)
	for _, c := range option {
		p.key(string(c), "", 0, string(c))
	}
	got, err := p.Run(`document.activeElement.selectedOptions[0].label`)
	if err != nil || got != option {
		p.tb.Fatalf("chose %q of %q, %v, want %q", got, label, err, option)
	}
}

// Press follows a link or presses a button by the Enter key.
func (p *Page) Press(name string) {
	p.tb.Helper()
	p.Focus(name)
	p.key("Enter", "Enter", 13, "\r")
}

// Toggle changes a checkbox, or selects a radio button, by the space key.
func (p *Page) Toggle(label string) {
	p.tb.Helper()
	p.Focus(label)
	p.key(" ", "Space", 32, " ")
}

// key presses and releases a key, which may write a text.
func (p *Page) key(key, code string, virtual int, text string) {
	p.tb.Helper()
	down := map[string]any{"type": "rawKeyDown", "key": key, "code": code, "windowsVirtualKeyCode": virtual}
	if text != "" {
		down["type"], down["text"] = "keyDown", text
	}
	p.Call("Input.dispatchKeyEvent", down, nil)
	p.Call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "code": code, "windowsVirtualKeyCode": virtual}, nil)
}
