/** There is no more room for the recording. It was ended as a whole file; what came after its last commit is lost. */
export class DiskFull extends Error {}
