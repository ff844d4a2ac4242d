/* tinyssh's build makes this file: no, there is no assembler to be had. */
