/** Nodes of int8 networks with the arithmetic of TensorFlow Lite. None yet. */
export const int8Nodes = [] as const;
