package stream

import "context"

// deliver hands prefix and then the ring from r.pos to the player, until what was
// promised is complete (nil), the stream ends, the player leaves or takes nothing
// for too long.
func deliver(ctx context.Context, st *Stream, r *reader, prefix []byte) error {
	if len(prefix) > 0 {
		r.arm()
		if _, err := r.w.Write(prefix); err != nil {
			return err
		}
		st.gave(r, len(prefix), false)
	}
	for r.left != 0 {
		b, err := st.take(r)
		if err != nil {
			return err
		}
		if b == nil {
			err = wait(ctx, r)
		} else {
			err = give(st, r, b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// give writes b, or as much of it as r has promised.
func give(st *Stream, r *reader, b []byte) error {
	if r.bounded() {
		b = b[:min(int64(len(b)), r.left)]
		r.left -= int64(len(b))
	}
	if _, err := r.w.Write(b); err != nil {
		return err
	}
	st.gave(r, len(b), true)
	return nil
}

// wait sends off what net/http still holds and sleeps until there may be more.
func wait(ctx context.Context, r *reader) error {
	if err := r.conn.Flush(); err != nil {
		return err
	}
	select {
	case <-r.wakeC:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
