--[[
fence: says that this master's scripts were loaded by the gate and not lost since.
Atomic because it touches nothing.
Keys:
  partition
Args:
  none text
Returns:
  standing
Emits: nothing. It never changes, so a newer release can tell a restart from a deployment.
Upholds: I11
]]
return { 'standing' }
