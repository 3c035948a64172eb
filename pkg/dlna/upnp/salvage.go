package upnp

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// decodeSalvaged is decode for descriptions: what cannot be read as it is, or
// is not whole then, is salvaged first. A document beyond the bounds of its
// shape stays refused.
func decodeSalvaged[T any](document []byte, v *T, whole func(*T) bool) error {
	text := repair(document)
	err := decodeText(text, v)
	if errors.Is(err, errShape) || err == nil && whole(v) {
		return err
	}
	var fresh T
	again := decodeText(salvage(text), &fresh)
	switch {
	case again == nil && (err != nil || whole(&fresh)):
		*v = fresh
		return nil
	case err == nil:
		return nil // as it was read at first
	}
	return fmt.Errorf("%w; salvaged: %w", err, again)
}

// salvage makes well-formed XML of a description that is none: comments and
// attributes go, a `<` that begins no tag becomes text, end tags are supplied
// where they are missing and dropped where they are stray. It relies on
// descriptions having no element with both text and children, and on none that
// stands directly in one of its own name.
func salvage(text []byte) []byte {
	var s salvager
	for len(text) > 0 && !s.ended {
		i := bytes.IndexByte(text, '<')
		if i < 0 {
			i = len(text)
		}
		s.text(text[:i])
		text = text[i:]
		if len(text) > 0 {
			text = text[s.markup(text):]
		}
	}
	s.closeTo(0)
	return s.out.Bytes()
}

// containers never hold text that means anything.
var containers = map[string]bool{
	"root": true, "device": true, "deviceList": true, "serviceList": true, "service": true, "iconList": true, "icon": true,
	"scpd": true, "actionList": true, "action": true, "argumentList": true, "argument": true,
	"serviceStateTable": true, "stateVariable": true, "allowedValueRange": true, "allowedValueList": true,
}

// A salvager holds the elements that are open.
type salvager struct {
	out    bytes.Buffer
	open   []string
	filled bool // the innermost element holds text
	ended  bool // the root is closed, or there are too many levels
}

func (s *salvager) text(text []byte) {
	if len(s.open) == 0 {
		return
	}
	s.out.Write(text)
	s.filled = s.filled || len(bytes.TrimSpace(text)) > 0
}

// markup handles text, which begins with <, and returns how much of it is done.
func (s *salvager) markup(text []byte) int {
	switch {
	case bytes.HasPrefix(text, []byte("<!--")):
		return skipTo(text, "-->")
	case bytes.HasPrefix(text, cdataOpen):
		n := cdataLen(text)
		inner := bytes.TrimSuffix(text[len(cdataOpen):n], cdataClose)
		inner = bytes.ReplaceAll(inner, []byte("&"), []byte("&amp;"))
		s.text(bytes.ReplaceAll(inner, []byte("<"), []byte("&lt;")))
		return n
	case bytes.HasPrefix(text, []byte("<!")), bytes.HasPrefix(text, []byte("<?")):
		return skipTo(text, ">")
	}
	end := bytes.IndexAny(text[1:], "<>") + 1
	if end == 0 {
		return len(text) // cut off within a tag
	}
	inner := string(text[1:end])
	name, isEnd := strings.CutPrefix(inner, "/")
	name = tagName(name)
	if text[end] == '>' && strings.TrimSpace(inner) == "" {
		return end + 1 // <>
	}
	if text[end] == '<' || name == "" {
		s.text([]byte("&lt;"))
		return 1
	}
	if isEnd {
		s.endTag(name)
	} else {
		s.startTag(name)
		if strings.HasSuffix(inner, "/") {
			s.closeTo(len(s.open) - 1)
		}
	}
	return end + 1
}

func (s *salvager) startTag(name string) {
	if n := len(s.open); n > 0 {
		top := s.open[n-1]
		list := top == "serviceList" && name != "service" || top == "iconList" && name != "icon"
		if n > 1 && (s.filled && !containers[top] || top == name || list) {
			s.closeTo(n - 1)
		}
	}
	s.out.WriteString("<" + name + ">")
	s.open = append(s.open, name)
	s.filled = false
	s.ended = len(s.open) > maxDepth
}

func (s *salvager) endTag(name string) {
	for i := len(s.open) - 1; i >= 0; i-- {
		if s.open[i] == name {
			s.closeTo(i)
			s.ended = i == 0
			return
		}
	}
}

// closeTo closes elements until n are open.
func (s *salvager) closeTo(n int) {
	for len(s.open) > max(n, 0) {
		last := len(s.open) - 1
		s.out.WriteString("</" + s.open[last] + ">")
		s.open, s.filled = s.open[:last], false
	}
}

// tagName is the local name at the start of a tag, "" if there is none.
func tagName(tag string) string {
	if i := strings.IndexAny(tag, " \t\r\n/"); i >= 0 {
		tag = tag[:i]
	}
	tag = tag[strings.LastIndexByte(tag, ':')+1:]
	for i, r := range tag {
		letter := r|0x20 >= 'a' && r|0x20 <= 'z' || r == '_'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789-.", r)) {
			return ""
		}
	}
	return tag
}

// skipTo is how much of text ends with the first mark; all without one.
func skipTo(text []byte, mark string) int {
	if i := bytes.Index(text, []byte(mark)); i >= 0 {
		return i + len(mark)
	}
	return len(text)
}
