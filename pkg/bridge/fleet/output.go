package fleet

import (
	"sync/atomic"

	"github.com/breezeway-audio/breezeway/pkg/dlna/renderer"
)

// An output is a renderer as players know one: its events go to whoever plays on it.
type output struct {
	*renderer.Renderer
	handle atomic.Pointer[func(renderer.Event)]
}

// newOutput makes an output of the renderer that connect makes with a handler of its
// events.
func newOutput(connect func(onEvent func(renderer.Event)) (*renderer.Renderer, error)) (*output, error) {
	o := &output{}
	r, err := connect(o.event)
	if err != nil {
		return nil, err
	}
	o.Renderer = r
	return o, nil
}

func (o *output) event(e renderer.Event) {
	if handle := o.handle.Load(); handle != nil {
		(*handle)(e)
	}
}

// OnEvent implements player.Output.
func (o *output) OnEvent(handle func(renderer.Event)) { o.handle.Store(&handle) }

// ReportsOwnVolume implements player.Output.
func (o *output) ReportsOwnVolume() bool { return true }

// FollowsAnother implements player.Output.
func (o *output) FollowsAnother(string) bool { return false }
